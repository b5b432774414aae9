import type { RecordBatch } from '../model/record-batch.ts';
import type { JobState } from '../model/state.ts';
import { digestOf, nameOf } from './digest.ts';
import type { Progress } from './tracker.ts';

type Outcome = Progress & Pick<JobState, 'loaded'>;

/**
 * What a cycle has made durable. `sent` proves that an event need not be sent again, so it must never be behind the
 * stream: a row that changes, is published, and after a crash changes back would otherwise be taken for the
 * event that still stands. So what `sent` knows of a key is given up, durably, before a newer event of that key leaves.
 */
export class Ledger {
  readonly #write: (outcome: Outcome) => Promise<void>;
  #standing: Outcome | null;
  #remembers: boolean;
  readonly #replaced = new Set<string>();
  #written: Promise<void> = Promise.resolve();

  /** `standing`: what is committed now; null for a job that never ran. */
  constructor(standing: Outcome | null, write: (outcome: Outcome) => Promise<void>) {
    this.#standing = standing;
    this.#remembers = remembersAny(standing);
    this.#write = write;
  }

  /** Commits, in the order of the calls. */
  commit(outcome: Outcome): Promise<void> {
    this.#standing = outcome;
    this.#remembers = remembersAny(outcome);
    this.#written = this.#written.then(() => this.#write(outcome));
    return this.#written;
  }

  /** The last event of the batch is about to leave. */
  leaves(event: RecordBatch): void {
    if (!this.#remembers) return;
    const key = event.key(event.count - 1);
    if (key === null) return;
    const name = nameOf(key);
    const sent = this.#standing?.sent ?? {};
    if (Object.hasOwn(sent, name) && sent[name] !== digestOf(event)) this.#replaced.add(name);
  }

  /** Resolves when the events told of may leave. */
  async ready(): Promise<void> {
    if (this.#replaced.size === 0 || this.#standing === null) return;
    const kept = Object.entries(this.#standing.sent).filter(([name]) => !this.#replaced.has(name));
    this.#replaced.clear();
    await this.commit({ ...this.#standing, sent: Object.fromEntries(kept) });
  }
}

function remembersAny(outcome: Outcome | null): boolean {
  if (outcome === null) return false;
  for (const _ in outcome.sent) return true;
  return false;
}
