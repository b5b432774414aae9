import { lingeringSignal } from '../kit/abort.ts';
import type { CycleContext } from './cycle.ts';
import { Outbox } from './outbox.ts';
import { rememberingBooks } from './published-books.ts';
import type { Books } from './publisher.ts';
import { recordHeaders } from './record.ts';

/** Milliseconds that a batch on its way has to be acknowledged once a stop is asked for. */
const sendGrace = 3000;

export interface Burial {
  /** A tombstone for this key. */
  add(key: Buffer): void;
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
  /** Everything is acknowledged; how many there were. */
  drain(): Promise<number>;
  /** Nothing of it is on its way any more. */
  settle(): Promise<void>;
}

/** Publishes tombstones, which have the time of their publishing. */
export function openBurial(context: CycleContext, told: Books, signal: AbortSignal): Burial {
  const { plan, source, sink, clock, tally } = context;
  const books = rememberingBooks(context, told);
  const sending = lingeringSignal(signal, sendGrace);
  let buried = 0;
  const outbox = new Outbox<null>({
    sink,
    topic: plan.topic.name,
    headers: recordHeaders(plan, source.name, 'delete'),
    limits: sink.limits(plan.topic.name),
    signal: sending.signal,
    onAcked: async ({ records, bytes }) => {
      buried += records;
      tally.bytes += bytes;
      books.acked?.(records);
    },
  });
  const timestamp = String(clock.now());
  return {
    add: (key) => {
      outbox.open.add({ key, value: null, timestamp });
      books.leaves(outbox.open);
      outbox.add(() => null);
    },
    ready: async () => {
      if (!outbox.full) return;
      await books.ready();
      await outbox.ready();
    },
    drain: async () => {
      await books.ready();
      await outbox.drain();
      return buried;
    },
    settle: async () => {
      await outbox.settle();
      sending[Symbol.dispose]();
      await books.settled?.().catch(() => undefined);
    },
  };
}
