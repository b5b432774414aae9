import type { Watermark } from '../model/watermark.ts';
import { booksOf } from './backfill-run.ts';
import { openBurial } from './burial.ts';
import type { CycleContext } from './cycle.ts';
import { putEventDigest } from './published-segment.ts';
import { openPublisher, type Reader } from './publisher.ts';
import { readPages } from './read-pages.ts';
import { keysRequest, rowWords } from './reconcile-read.ts';
import { newTally } from './tally.ts';
import { digestWords, isSame, putDigest, recordWords } from './verify-digest.ts';
import { parts, type Spill } from './verify-spill.ts';
import { DigestTable } from './verify-table.ts';

/** Milliseconds of one slice that publishes. */
const sliceMs = 500;

/** Publishes tombstones. No poll comes between the judgement of these keys and this, so no newer event can be overwritten. */
export async function bury(context: CycleContext, keys: readonly string[], signal: AbortSignal): Promise<number> {
  const burial = openBurial(context, await booksOf(context), signal);
  try {
    for (const key of keys) {
      burial.add(Buffer.from(key, 'latin1'));
      await burial.ready();
    }
    return await burial.drain();
  } finally {
    await burial.settle();
  }
}

export interface Republished {
  published: number;
  rows: number;
}

/**
 * Publishes the rows of these keys as they are now, in key order: the chunks in which they were are read again, each in
 * the slice that publishes it, so that no poll publishes a newer row before an older one leaves. `changed`: records of
 * key, last event and chunk, parted by chunk.
 */
export async function* publishChanged(
  context: CycleContext,
  changed: Spill,
  ends: readonly Watermark[],
  done: Republished,
  signal: AbortSignal,
): AsyncGenerator<'slice', void> {
  const table = new DigestTable();
  for (let part = 0; part < parts; part += 1) {
    table.clear();
    const chunks = new Set<number>();
    for (const run of changed.part(part)) {
      for (let at = 0; at < run.length; at += rowWords) {
        table.setEvent(table.take(run, at), run, at + digestWords);
        chunks.add(run[at + recordWords] as number);
      }
    }
    const queue = [...chunks].sort((a, b) => a - b);
    while (queue.length > 0) {
      await publishSome(context, queue, table, ends, done, signal);
      yield 'slice';
    }
  }
}

/** Takes chunks from the queue for as long as a slice lasts. */
async function publishSome(
  context: CycleContext,
  queue: number[],
  table: DigestTable,
  ends: readonly Watermark[],
  done: Republished,
  signal: AbortSignal,
): Promise<void> {
  const { plan, source } = context;
  const request = keysRequest(plan);
  const tally = newTally();
  // A reconcile is not tried again at once: what the sink refuses is taken apart from the first.
  if (plan.letters !== null) context.memory.careful = true;
  const publisher = openPublisher({ ...context, tally }, await booksOf(context), null, signal);
  const until = performance.now() + sliceMs;
  try {
    for (let chunk = queue.shift(); chunk !== undefined; chunk = performance.now() < until ? queue.shift() : undefined) {
      const bounded = { ...request, until: ends[chunk] ?? null };
      for await (const rows of readPages(source, bounded, plan.job.batch, signal, ends[chunk - 1] ?? null)) {
        done.rows += rows.count;
        await publisher.publish(rows, thoseThatDiffer(table));
      }
    }
    await publisher.drain();
  } finally {
    await publisher.settle();
    done.published += tally.published;
    context.tally.published += tally.published;
    context.tally.bytes += tally.bytes;
    context.tally.deadLetters += tally.deadLetters;
  }
}

/** The rows of these keys, unless they are what was last published of them. */
function thoseThatDiffer(table: DigestTable): Reader {
  const record = new Uint32Array(recordWords);
  return {
    meet: (_rows, _at, event) => {
      putDigest(event.key(event.count - 1), record, 0);
      const entry = table.find(record, 0);
      if (entry < 0) return false;
      putEventDigest(event.core(), record, digestWords);
      return !isSame(record, digestWords, table.event(entry), 0);
    },
    markBefore: () => null,
    met: () => null,
  };
}
