import type { CycleContext } from './cycle.ts';
import { putEventDigest } from './event-digest.ts';
import { openLog, remembers } from './published-log.ts';
import { SegmentWriter } from './published-segment.ts';
import type { Books } from './publisher.ts';
import { digestWords, putDigest, recordWords } from './verify-digest.ts';

/** Batches whose events are appended at once: a commit of the state takes as long as making a batch. */
const together = 4;

interface Waiting {
  readonly seq: number;
  /** Events up to and with its last one. */
  readonly upto: number;
}

/**
 * The books of one publisher, which also remember what leaves, where the job remembers that. Every way of publishing goes
 * through here, so that no key can reach the stream unknown.
 */
export async function rememberingBooks(context: CycleContext, books: Books): Promise<Books> {
  if (!remembers(context)) return books;
  const log = await openLog(context);
  const entries = new SegmentWriter();
  const record = new Uint32Array(recordWords);
  let waiting: Waiting[] = [];
  let left = 0;
  let acked = 0;
  const tellSure = (): void => {
    const done = waiting.filter(({ upto }) => upto <= acked);
    if (done.length === 0) return;
    waiting = waiting.filter(({ upto }) => upto > acked);
    log.acknowledged(done.map(({ seq }) => seq));
  };
  return {
    together,
    leaves: (event) => {
      books.leaves(event);
      const last = event.count - 1;
      const [from, to] = [event.bounds[last * 4] as number, event.bounds[last * 4 + 1] as number];
      if (from < 0) return;
      putEventDigest(event, log.seed, record, digestWords);
      entries.addRange(event.bytes, from, to, record, digestWords);
      left += 1;
      const { touched } = context.memory;
      if (touched === null) return;
      // At once: a reconcile between two pages must not judge this key by what it has seen of it before.
      putDigest(event.key(last), record, 0);
      touched.add(record);
    },
    ready: async () => {
      await books.ready();
      if (entries.count === 0) return;
      const upto = left;
      const seq = await log.append(entries);
      // Not before: what is acknowledged meanwhile makes another list of those that wait.
      waiting.push({ seq, upto });
    },
    acked: (records) => {
      books.acked?.(records);
      acked += records;
      tellSure();
    },
    reached: (mark) => books.reached(mark),
    settled: async () => {
      await books.settled?.();
      await log.flush();
    },
  };
}
