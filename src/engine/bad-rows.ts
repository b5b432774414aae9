import type { LiberateError } from '../kit/errors.ts';
import { type DeadLetter, deadLetter, type RowText } from '../model/dead-letter.ts';
import type { CycleContext } from './cycle.ts';
import { keyText } from './digest.ts';
import { Letters } from './letters.ts';

/** Where an outbox puts the rows that cannot be published. */
export interface BadRows {
  /** Only one batch is on its way, and one that is refused is taken apart. */
  readonly careful: boolean;
  letter(key: Buffer | null, row: RowText, error: LiberateError): DeadLetter;
  /** Resolves when the letters are durably there. */
  keep(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void>;
}

type Context = Pick<CycleContext, 'plan' | 'sink' | 'observer' | 'clock' | 'memory' | 'readBack' | 'tally'>;

/** The job's dead letters; null: it stops at a row that cannot be published. */
export function lettersOf({ plan, sink, observer, memory, readBack }: Omit<Context, 'tally' | 'clock'>): Letters | null {
  if (plan.letters === null) return null;
  memory.letters ??= new Letters({ job: plan.name, topic: plan.letters, sink, observer, openReader: () => readBack(plan.job) });
  return memory.letters;
}

export function badRowsOf(context: Context): BadRows | null {
  const letters = lettersOf(context);
  if (letters === null) return null;
  const { plan, memory, clock, tally } = context;
  return {
    careful: memory.careful,
    letter: (key, row, { code, message }) => {
      const at = new Date(clock.now()).toISOString();
      return deadLetter({
        job: plan.name,
        topic: plan.topic.name,
        key: key === null ? null : keyText(key),
        code,
        reason: message,
        row,
        at,
      });
    },
    keep: async (found, signal) => {
      tally.deadLetters += await letters.add(found, signal);
    },
  };
}
