import type { StreamPosition } from '../sink/stream-reader.ts';
import { booksOf } from './backfill-run.ts';
import { openBurial } from './burial.ts';
import type { CycleContext } from './cycle.ts';
import { type Books, openPublisher, type Reader } from './publisher.ts';
import type { VerifyContext } from './verify-context.ts';
import { digestWords, putDigest } from './verify-digest.ts';
import { readEvents, wholeOf } from './verify-read.ts';
import type { DigestTable } from './verify-table.ts';

export interface Repaired {
  /** Rows published again, as they are now. */
  readonly published: number;
  readonly tombstones: number;
}

/**
 * Publishes the rows of these keys as they are now, and, where asked for, a tombstone for each key without a row. The
 * job's lease is held: no poller sends a newer row meanwhile that this could overwrite.
 */
export async function repair(
  context: VerifyContext & CycleContext,
  accused: DigestTable,
  end: StreamPosition,
  tombstones: boolean,
  signal: AbortSignal,
): Promise<Repaired> {
  const books = await booksOf(context);
  await context.sink.prepare(context.plan.topic, signal);
  const buried = await publishRows(context, books, accused, signal);
  const published = context.tally.published - buried;
  return { published, tombstones: buried + (tombstones ? await buryExtras(context, books, accused, end, signal) : 0) };
}

/** How many of them leave as tombstones, as their rows are marked as deleted. */
async function publishRows(
  context: VerifyContext & CycleContext,
  books: Books,
  accused: DigestTable,
  signal: AbortSignal,
): Promise<number> {
  const { source, reader } = context;
  const publisher = await openPublisher(context, books, accused.count, signal);
  const key = new Uint32Array(digestWords);
  let buried = 0;
  const those: Reader = {
    meet: (_rows, _at, event) => {
      // Not the event's own bytes: it leaves as it was encoded.
      putDigest(reader.asRead(Buffer.from(event.key(event.count - 1) as Buffer)), key, 0);
      const entry = accused.find(key, 0);
      // A key that has got a row since needs no tombstone.
      if (entry >= 0) accused.setRow(entry, key, 0);
      if (entry >= 0 && event.value(event.count - 1) === null) buried += 1;
      return entry >= 0;
    },
    markBefore: () => null,
    met: () => null,
  };
  try {
    for (const request of wholeOf(context, false)) {
      for await (const rows of source.read(request, signal)) await publisher.publish(rows, those);
    }
    await publisher.drain();
  } finally {
    await publisher.settle();
  }
  return buried;
}

async function buryExtras(
  context: VerifyContext & CycleContext,
  books: Books,
  accused: DigestTable,
  end: StreamPosition,
  signal: AbortSignal,
): Promise<number> {
  const burial = await openBurial(context, books, signal);
  const look = (record: Uint32Array, key: Buffer): void => {
    const entry = accused.find(record, 0);
    if (entry < 0 || accused.hasRow(entry)) return;
    accused.setRow(entry, record, 0);
    burial.add(key);
  };
  try {
    await readEvents(context, null, end, look, signal);
    return await burial.drain();
  } finally {
    await burial.settle();
  }
}
