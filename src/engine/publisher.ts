import type { Occasion, RecordBatch } from '../model/record-batch.ts';
import type { RowBatch } from '../model/row.ts';
import type { Watermark } from '../model/watermark.ts';
import { badRowsOf } from './bad-rows.ts';
import type { CycleContext } from './cycle.ts';
import { leaving, sendingSignal } from './leaving.ts';
import { Outbox } from './outbox.ts';
import { rememberingBooks } from './published-books.ts';
import { appendRow, recordHeaders } from './record.ts';
import { rowText } from './row-text.ts';

/** Milliseconds between commits in the middle of a long read. */
const commitEvery = 1000;
/** Milliseconds for which a slow source can keep rows waiting for their batch to fill, and with them the next commit. */
const flushEvery = 500;
/** Milliseconds between progress events. */
const tellEvery = 500;

/** What a read does with its rows. */
export interface Reader {
  /** Does the row leave? Its event is the last of `event`. */
  meet(rows: RowBatch, at: number, event: RecordBatch): boolean;
  /** The mark up to which everything was read when the row, which is the last that was met, had not been; null where none moves. */
  markBefore(rows: RowBatch, at: number): Watermark | null;
  /** All rows of a batch have been met: the mark up to which everything has been read, null where none moves. */
  met(rows: RowBatch): Watermark | null;
}

/** Publishes every row. `marks`: in an order in which a later read can continue. */
export const everyRow = (marks: boolean): Reader => ({
  meet: () => true,
  markBefore: (rows, at) => (marks && at > 0 ? rows.position(at - 1) : null),
  met: (rows) => (marks && rows.count > 0 ? rows.position(rows.count - 1) : null),
});

/** What the publisher tells of its progress, in order. */
export interface Books {
  /** The last of the batch is about to leave. */
  leaves(event: RecordBatch): void;
  /** Batches that are told of at once, as telling costs; left out: each alone. */
  readonly together?: number;
  /** Awaited before any of the events told of leaves. */
  ready(): Promise<void>;
  /** Everything up to this mark is acknowledged; told at most once a second. */
  reached(mark: Watermark): Promise<void>;
  /** So many more events, in the order of their leaving, are acknowledged. */
  readonly acked?: (records: number) => void;
  /** Nothing is on its way any more. */
  readonly settled?: () => Promise<void>;
}

/** Of a read that keeps no marks. */
export const noBooks: Books = { leaves: () => undefined, ready: () => Promise.resolve(), reached: () => Promise.resolve() };

export interface Publisher {
  /** Encodes a batch of rows and queues those that the reader lets through; resolves when there is room for more. */
  publish(rows: RowBatch, reader: Reader): Promise<void>;
  /** Everything queued is acknowledged. */
  drain(): Promise<void>;
  /** Nothing of this publisher is on its way any more; what was acknowledged of an unfinished read is committed. */
  settle(): Promise<void>;
}

/** Adds rows; before any of them is sent, and before one that cannot be encoded is told of, the relation must still be what the rows were asked of. */
async function addedSurely(rows: RowBatch, add: () => boolean): Promise<void> {
  let leaves = true;
  try {
    leaves = add();
  } catch (error) {
    await rows.confirm?.();
    throw error;
  }
  if (leaves) await rows.confirm?.();
}

/** `operation`: as an envelope tells it of rows that are there. */
export async function openPublisher(
  context: CycleContext,
  told: Books,
  expected: number | null,
  signal: AbortSignal,
  operation: Occasion['operation'] = 'u',
): Promise<Publisher> {
  const occasion: Occasion = { operation, at: 0 };
  const books = await rememberingBooks(context, told);
  const { plan, sink, tally, clock, observer } = context;
  const startedAt = clock.now();
  let committedAt = startedAt;
  let toldAt = startedAt;
  let flushedAt = startedAt;
  let newest: number | null = null;
  const { lagTime } = plan;
  // With a column of its own, a record's time says nothing of a lag.
  const stampOf = (rows: RowBatch, at: number, event: RecordBatch): number | null =>
    plan.job.eventTime === null ? (event.timestamps[event.count - 1] as number) : (lagTime?.(rows, at) ?? null);
  let uncommitted: Watermark | null = null;
  const sending = sendingSignal(signal);

  const bad = badRowsOf(context);
  const limits = sink.limits(plan.topic.name);

  const outbox = new Outbox<Watermark>({
    sink,
    topic: plan.topic.name,
    headers: recordHeaders(plan, context.source.name, { operation: 'upsert', valued: true }),
    tombstoneHeaders: recordHeaders(plan, context.source.name, { operation: 'delete', valued: false }),
    occasion,
    limits: bad?.careful ? { ...limits, inFlight: 1 } : limits,
    bad,
    signal: sending.signal,
    onAcked: async ({ records, refused = 0, bytes, mark }) => {
      const now = clock.now();
      tally.published += records;
      books.acked?.(records + refused);
      tally.bytes += bytes;
      if (newest !== null) {
        tally.newest = newest;
        tally.lagMs = Math.max(0, now - newest);
      }
      if (now - toldAt >= tellEvery) {
        toldAt = now;
        observer({ type: 'cycle.progress', job: plan.name, rows: tally.published, expected, ms: now - startedAt });
      }
      uncommitted = mark ?? uncommitted;
      if (uncommitted === null || now - committedAt < commitEvery) return;
      committedAt = now;
      const reached = uncommitted;
      uncommitted = null;
      await books.reached(reached);
    },
  });
  const out = leaving(outbox, books, sending);

  /** Does any of them leave? */
  const addAll = (rows: RowBatch, reader: Reader, readAt: number): boolean => {
    let leaves = false;
    for (let at = 0; at < rows.count; at += 1) {
      const event = outbox.open;
      appendRow(plan, rows, at, readAt, event);
      const refusal = bad === null ? null : plan.refused();
      if (bad !== null && refusal !== null) {
        if (reader.meet(rows, at, event)) {
          leaves = true;
          outbox.refuse(bad.letter(null, rowText(plan, rows, at), refusal));
        }
        outbox.discard();
      } else if (reader.meet(rows, at, event)) {
        leaves = true;
        books.leaves(event);
        if (lagTime !== null) newest = Math.max(newest ?? 0, stampOf(rows, at, event) ?? 0);
        outbox.add(() => reader.markBefore(rows, at), bad?.careful ? rowText(plan, rows, at) : undefined);
      } else {
        outbox.discard();
        tally.repeated += 1;
      }
    }
    return leaves;
  };

  return {
    publish: async (rows, reader) => {
      const readAt = clock.now();
      occasion.at = readAt;
      await addedSurely(rows, () => addAll(rows, reader, readAt));
      const mark = reader.met(rows);
      if (mark !== null) outbox.reach(mark);
      const overdue = readAt - flushedAt >= flushEvery;
      if (overdue) {
        flushedAt = readAt;
        outbox.flush();
      }
      await out.ready(overdue);
    },
    drain: async () => {
      await out.drain();
      // The end of the read is committed by the cycle, which knows more than this mark.
      uncommitted = null;
    },
    settle: async () => {
      await out.settle();
      if (uncommitted === null) return;
      const reached = uncommitted;
      uncommitted = null;
      // The read has failed already, and its failure is what must be told; a lost commit only means repeats.
      await books.reached(reached).catch(() => undefined);
    },
  };
}
