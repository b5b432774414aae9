import type { Watermark } from '../model/watermark.ts';
import type { Observer } from '../observe/event.ts';
import { booksOf } from './backfill-run.ts';
import { openBurial } from './burial.ts';
import { type CycleContext, commitState } from './cycle.ts';
import { digestOf, nameOf } from './digest.ts';
import { putEventDigest, type Seed } from './event-digest.ts';
import { openLog } from './published-log.ts';
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
  const burial = await openBurial(context, await booksOf(context), signal);
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
    for (let seen = 0; queue.length > 0; ) {
      seen = leaveToPolls(context, table, seen);
      await publishSome(context, queue, table, ends, done, signal);
      yield 'slice';
    }
  }
}

/** Marks those of the keys that have left since the reconcile began, as if they had a row. Returns how many events it looked at. */
function leaveToPolls({ memory: { touched } }: CycleContext, table: DigestTable, seen: number): number {
  if (touched === null || touched.records === seen) return seen;
  for (let part = 0; part < parts; part += 1) {
    for (const run of touched.part(part)) {
      for (let at = 0; at < run.length; at += recordWords) {
        const entry = table.find(run, at);
        if (entry >= 0) table.setRow(entry, run, at);
      }
    }
  }
  return touched.records;
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
  const { seed } = await openLog(context);
  const request = keysRequest(plan);
  const tally = newTally();
  // A reconcile is not tried again at once: what the sink refuses is taken apart from the first.
  if (plan.letters !== null) context.memory.careful = true;
  // Its events are told of when the reconcile has ended: no cycle is under way.
  const observer: Observer = (event) => {
    if (event.type !== 'cycle.progress') context.observer(event);
  };
  const publisher = await openPublisher({ ...context, tally, observer }, await booksOf(context), null, signal);
  const published = new Map<string, string>();
  const reader = thoseThatDiffer(table, seed, { published, most: mostTold - done.published });
  const until = performance.now() + sliceMs;
  try {
    for (let chunk = queue.shift(); chunk !== undefined; chunk = performance.now() < until ? queue.shift() : undefined) {
      const bounded = { ...request, until: ends[chunk] ?? null };
      for await (const rows of readPages(source, bounded, plan.job.batch, signal, ends[chunk - 1] ?? null)) {
        done.rows += rows.count;
        await publisher.publish(rows, reader);
      }
    }
    await publisher.drain();
    // Of rows that the sink refused nothing is in the stream.
    if (tally.deadLetters === 0) await tellPoller(context, published);
  } finally {
    await publisher.settle();
    done.published += tally.published;
    context.tally.published += tally.published;
    context.tally.bytes += tally.bytes;
    context.tally.deadLetters += tally.deadLetters;
  }
}

/** Rows of one reconcile that the polls are told of, so that the look-back does not grow by more; of others one may come once more. */
const mostTold = 10_000;

/** All of it is acknowledged: a poll that meets one of these rows in its look-back need not publish it once more. */
async function tellPoller({ plan, memory, store, fence }: CycleContext, published: ReadonlyMap<string, string>): Promise<void> {
  const { state } = memory;
  if (state === null || state === 'unknown' || published.size === 0) return;
  // The others remember no row by its key.
  if (!plan.mode.startsWith('timestamp') || plan.job.order === 'strict') return;
  const told = { ...state, sent: { ...state.sent, ...Object.fromEntries(published) } };
  await commitState({ store, plan, fence }, told);
  memory.state = told;
  for (const name of published.keys()) memory.told.add(name);
}

interface Leaving {
  /** Key → digest. */
  readonly published: Map<string, string>;
  /** Most of these. */
  readonly most: number;
}

/** The rows of these keys, unless they are what was last published of them, or a poll has published them since. */
function thoseThatDiffer(table: DigestTable, seed: Seed, { published, most }: Leaving): Reader {
  const record = new Uint32Array(recordWords);
  return {
    meet: (_rows, _at, event) => {
      putDigest(event.key(event.count - 1), record, 0);
      const entry = table.find(record, 0);
      if (entry < 0 || table.hasRow(entry)) return false;
      putEventDigest(event, seed, record, digestWords);
      if (isSame(record, digestWords, table.event(entry), 0)) return false;
      if (published.size < most) published.set(nameOf(event.key(event.count - 1)), digestOf(event));
      return true;
    },
    markBefore: () => null,
    met: () => null,
  };
}
