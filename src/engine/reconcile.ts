import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted } from '../kit/abort.ts';
import type { PublishedSize, ReconcileReport } from '../model/published.ts';
import type { CycleContext } from './cycle.ts';
import { KeySpill } from './key-spill.ts';
import { type Unit, unitsOf } from './published-buckets.ts';
import { checked, openLog } from './published-log.ts';
import { divide, type Fold, foldUnit, newFold, rewrite } from './reconcile-fold.ts';
import { bury, publishChanged } from './reconcile-publish.ts';
import { readChunks, readLog, rowWords } from './reconcile-read.ts';
import { digestWords, recordWords } from './verify-digest.ts';
import { parts, Spill } from './verify-spill.ts';

/** What is to come next: more of the reconcile, or first a poll that begins after now. */
export type Turn = 'slice' | 'poll';

type Counts = Pick<ReconcileReport, 'rows' | 'keys' | 'published' | 'tombstones'>;

/**
 * Holds all rows against what was published: publishes those that are missing or have changed, and a tombstone for each
 * key whose row is gone. It goes in slices under the job's lease; between two of them the caller may poll. The order
 * matters. What was published is fixed first, then the rows are read: a key that is known and whose row was not met was
 * deleted in between, or before. Then a poll publishes what it can see of the changes until there; what any poll has
 * published since the beginning is left to it, and what then still differs is what no poll would tell.
 * `polls`: there are such polls.
 */
export async function* reconcile(context: CycleContext, polls: boolean, signal: AbortSignal): AsyncGenerator<Turn, ReconcileReport> {
  const { plan, store, clock, memory } = context;
  const startedAt = clock.now();
  const log = await openLog(context);
  const meter = { ms: 0 };
  using touched = new Spill();
  memory.touched = touched;
  try {
    const counts = yield* metered(work(context, polls, touched, log.last, signal), meter);
    const { bytes } = await store.published.size(plan.name);
    const report = { startedAt, endedAt: clock.now(), ms: Math.round(meter.ms), ...counts, bytes };
    // A bulk cycle reports by itself what it has published.
    const told = log.head.told + (polls ? report.published + report.tombstones : 0);
    await log.saveHead({ ...log.head, told, last: report });
    return report;
  } finally {
    memory.touched = null;
  }
}

/** Counts the milliseconds between the yields. */
async function* metered<T>(inner: AsyncGenerator<Turn, T>, meter: { ms: number }): AsyncGenerator<Turn, T> {
  try {
    for (;;) {
      const from = performance.now();
      const next = await inner.next();
      meter.ms += performance.now() - from;
      if (next.done === true) return next.value;
      yield next.value;
    }
  } finally {
    await inner.return(undefined as never);
  }
}

async function* work(
  context: CycleContext,
  polls: boolean,
  touched: Spill,
  upto: number,
  signal: AbortSignal,
): AsyncGenerator<Turn, Counts> {
  const { plan, store, fence } = context;
  const size = await store.published.size(plan.name);
  using logged = new KeySpill();
  using rows = new Spill(rowWords);
  using changed = new Spill(rowWords);
  yield* readLog(context, upto, logged, signal);
  const ends = yield* readChunks(context, rows, signal);
  if (polls) yield 'poll';
  const compacts = isGrown(size);
  const counts = { rows: rows.records, keys: 0, published: 0, tombstones: 0 };
  const fold = newFold();
  for (const unit of unitsOf(compacts ? await divide(context, size) : size.buckets)) {
    throwIfAborted(signal);
    const dirty = await foldUnit(context, unit, logged, fold);
    counts.keys += fold.keys.length;
    if (compacts) await rewrite(context, fold, dirty, upto);
    const gone = judge(context, unit, fold, { rows, touched, changed, chunks: ends.length });
    if (gone.length > 0) {
      counts.tombstones += await bury(context, gone, signal);
      context.tally.published += gone.length;
    }
    await nextTurn();
    yield 'slice';
  }
  if (compacts) checked(plan, await store.published.dropLog(plan.name, upto, fence));
  yield* publishChanged(context, changed, ends, counts, signal);
  return counts;
}

/** Rewriting costs in proportion to the buckets, and a long log costs each reconcile. */
const isGrown = ({ segments, logged, entries }: PublishedSize): boolean => segments > 64 || logged > entries / 4;

interface Sides {
  readonly rows: Spill;
  readonly touched: Spill;
  readonly changed: Spill;
  readonly chunks: number;
}

/** Holds a unit's rows against its events. Returns the keys whose rows are gone; rows that differ go to `changed`. */
function judge({ plan }: CycleContext, unit: Unit, { table, keys }: Fold, { rows, touched, changed, chunks }: Sides): readonly string[] {
  const chunkOf: number[] = [];
  for (let part = unit.from; part < unit.to; part += 1) {
    for (const run of rows.part(part)) {
      for (let at = 0; at < run.length; at += rowWords) {
        const entry = table.take(run, at);
        table.setRow(entry, run, at + digestWords);
        chunkOf[entry] = run[at + recordWords] as number;
      }
    }
  }
  const published = new Uint8Array(table.count);
  for (let part = unit.from; part < unit.to; part += 1) {
    for (const run of touched.part(part)) {
      for (let at = 0; at < run.length; at += recordWords) {
        const entry = table.find(run, at);
        if (entry >= 0) published[entry] = 1;
      }
    }
  }
  const gone: string[] = [];
  const record = new Uint32Array(rowWords);
  for (let entry = 0; entry < table.count; entry += 1) {
    const difference = table.difference(entry);
    if (difference === null || published[entry] === 1) continue;
    if (difference === 'extra') {
      gone.push(keys[entry] as string);
      continue;
    }
    // What the job was told to leave out at its beginning stays out.
    if (entry >= keys.length && plan.mode !== 'bulk' && plan.job.initial.kind !== 'bulk') continue;
    record.set(table.key(entry), 0);
    record.set(table.event(entry), digestWords);
    record[recordWords] = chunkOf[entry] as number;
    changed.add(record, Math.floor(((chunkOf[entry] as number) * parts) / chunks));
  }
  return gone;
}
