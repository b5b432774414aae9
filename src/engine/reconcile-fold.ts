import type { NewBucket, PublishedSize } from '../model/published.ts';
import type { CycleContext } from './cycle.ts';
import type { KeySpill } from './key-spill.ts';
import { depthOf, halvesOf, holds, root, type Unit } from './published-buckets.ts';
import { checked } from './published-log.ts';
import { readSegment, SegmentWriter } from './published-segment.ts';
import { digestWords, isNothing, putDigest, recordWords } from './verify-digest.ts';
import { hashAt } from './verify-spill.ts';
import { DigestTable } from './verify-table.ts';

/** Entries of a bucket; with more it is halved. */
const mostEntries = 30_000;
/** Entries of a piece: some tens of kilobytes. */
const pieceEntries = 4096;

/** What the stream holds of the keys in one unit. */
export interface Fold {
  /** Keys with their newest event. */
  readonly table: DigestTable;
  /** The keys themselves by their entry, a character a byte. */
  readonly keys: string[];
}

export const newFold = (): Fold => ({ table: new DigestTable(), keys: [] });

/**
 * Divides buckets that would not be small with the log in them, so that no unit is larger than memory should be; what is
 * in them so far always is. Returns all buckets as they are then.
 */
export async function divide(context: CycleContext, { entries, logged, buckets }: PublishedSize): Promise<readonly number[]> {
  const { plan, store, fence } = context;
  const divided: number[] = [];
  for (const bucket of buckets.length === 0 ? [root] : buckets) {
    const expected = (entries + logged) / 2 ** depthOf(bucket);
    const levels = Math.max(0, Math.ceil(Math.log2(expected / mostEntries)));
    if (levels === 0) {
      divided.push(bucket);
      continue;
    }
    const found = await store.published.bucket(plan.name, bucket);
    const fold = newFold();
    const record = new Uint32Array(recordWords);
    for (const { data } of found?.pieces ?? []) readSegment(data, found?.sure === true, taking(fold, record));
    const numbers = Array.from({ length: 2 ** levels }, (_, at) => bucket * 2 ** levels + at);
    const by = numbers.flatMap((number) => bucketsOf(fold, number, entriesOf(fold, number), found?.upto ?? 0));
    checked(plan, await store.published.replace(plan.name, bucket, by, fence));
    divided.push(...numbers);
  }
  return divided;
}

/** Puts what is read of a segment into a fold. */
function taking({ table, keys }: Fold, record: Uint32Array): (key: Buffer, digest: Uint32Array) => void {
  return (key, digest) => {
    putDigest(key, record, 0);
    record.set(digest, digestWords);
    take({ table, keys }, key, record);
  };
}

function take({ table, keys }: Fold, key: Buffer, record: Uint32Array): void {
  const entry = table.take(record, 0);
  if (entry === keys.length) keys.push(key.toString('latin1'));
  table.setEvent(entry, record, digestWords);
}

/** Folds a unit's buckets, then what the log has of it. Returns those of its buckets that the log changes. */
export async function foldUnit(context: CycleContext, unit: Unit, log: KeySpill, into: Fold): Promise<readonly number[]> {
  const { plan, store } = context;
  const { table, keys } = into;
  table.clear();
  keys.length = 0;
  const record = new Uint32Array(recordWords);
  const upto = new Map<number, number>();
  for (const number of unit.buckets) {
    const bucket = await store.published.bucket(plan.name, number);
    upto.set(number, bucket?.upto ?? 0);
    for (const { data } of bucket?.pieces ?? []) readSegment(data, bucket?.sure === true, taking(into, record));
  }
  const changed = new Set<number>();
  for (let part = unit.from; part < unit.to; part += 1) {
    for (const { key, seq, record: entry } of log.part(part)) {
      const bucket = unit.buckets.find((one) => holds(one, hashAt(entry, 0))) as number;
      // A rewriting that was cut short has the log in some buckets already.
      if (seq <= (upto.get(bucket) as number)) continue;
      changed.add(bucket);
      take(into, key, entry);
    }
  }
  return [...changed];
}

/** Writes buckets as they were folded, the log up to a number in them; each is replaced as a whole. */
export async function rewrite(context: CycleContext, fold: Fold, buckets: readonly number[], upto: number): Promise<void> {
  const { plan, store, fence } = context;
  for (const bucket of buckets) {
    checked(plan, await store.published.replace(plan.name, bucket, bucketsOf(fold, bucket, entriesOf(fold, bucket), upto), fence));
  }
}

/** The entries of a bucket that are to be kept: of a tombstone that was acknowledged the stream holds nothing. */
function entriesOf({ table, keys }: Fold, bucket: number): readonly number[] {
  const entries: number[] = [];
  for (let entry = 0; entry < keys.length; entry += 1) {
    if (!isNothing(table.event(entry), 0) && holds(bucket, hashAt(table.key(entry), 0))) entries.push(entry);
  }
  return entries;
}

function bucketsOf(fold: Fold, bucket: number, entries: readonly number[], upto: number): readonly NewBucket[] {
  if (entries.length > mostEntries) {
    return halvesOf(bucket).flatMap((half) => {
      const own = entries.filter((entry) => holds(half, hashAt(fold.table.key(entry), 0)));
      return bucketsOf(fold, half, own, upto);
    });
  }
  const writer = new SegmentWriter();
  const pieces: NewBucket['pieces'][number][] = [];
  // An empty one has a piece too: it keeps its place in the tree.
  for (let from = 0; from === 0 || from < entries.length; from += pieceEntries) {
    for (const entry of entries.slice(from, from + pieceEntries)) {
      writer.add(Buffer.from(fold.keys[entry] as string, 'latin1'), fold.table.event(entry), 0);
    }
    pieces.push({ entries: writer.count, data: writer.take() });
  }
  return [{ bucket, upto, pieces }];
}
