import type { CycleContext } from './cycle.ts';
import { type Leaving, leaving, sendingSignal } from './leaving.ts';
import { Outbox } from './outbox.ts';
import { rememberingBooks } from './published-books.ts';
import type { Books } from './publisher.ts';
import { recordHeaders } from './record.ts';

export interface Burial extends Omit<Leaving, 'drain'> {
  /** A tombstone for this key. */
  add(key: Buffer): void;
  /** Everything is acknowledged; how many there were. */
  drain(): Promise<number>;
}

/** Publishes tombstones, which have the time of their publishing. */
export async function openBurial(context: CycleContext, told: Books, signal: AbortSignal): Promise<Burial> {
  const { plan, source, sink, clock, tally } = context;
  const books = await rememberingBooks(context, told);
  const sending = sendingSignal(signal);
  let buried = 0;
  const outbox = new Outbox<null>({
    sink,
    topic: plan.topic.name,
    headers: recordHeaders(plan, source.name, { operation: 'delete', valued: true }),
    tombstoneHeaders: recordHeaders(plan, source.name, { operation: 'delete', valued: false }),
    occasion: { operation: 'u', at: clock.now() },
    limits: sink.limits(plan.topic.name),
    signal: sending.signal,
    onAcked: async ({ records, bytes }) => {
      buried += records;
      tally.bytes += bytes;
      books.acked?.(records);
    },
  });
  const out = leaving(outbox, books, sending);
  const timestamp = String(clock.now());
  return {
    add: (key) => {
      const { open } = outbox;
      const first = open.count;
      if (plan.encoder.buryKey === undefined) open.add({ key, value: null, timestamp });
      else plan.encoder.buryKey(key, Number(timestamp), open);
      if (plan.partition !== null) for (let at = first; at < open.count; at += 1) open.addRoute(at, plan.partition.ofKey(key));
      books.leaves(outbox.open);
      outbox.add(() => null);
    },
    ready: out.ready,
    drain: async () => {
      await out.drain();
      return buried;
    },
    settle: out.settle,
  };
}
