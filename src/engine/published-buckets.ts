import { parts } from './verify-spill.ts';

/** The tree's root: all hashes. */
export const root = 1;
/** At this depth there is a bucket a part. */
const deepestUnit = Math.log2(parts);

/** A range of hashes that is held against the rows at once: whole buckets, and whole parts. */
export interface Unit {
  readonly buckets: readonly number[];
  /** Numbers of parts, the second one exclusive. */
  readonly from: number;
  readonly to: number;
}

/** Levels between a bucket and the root. */
export const depthOf = (bucket: number): number => 31 - Math.clz32(bucket);

/** Is a hash, 32 bits, in the bucket's range? */
export function holds(bucket: number, hash: number): boolean {
  const depth = depthOf(bucket);
  return depth === 0 || hash >>> (32 - depth) === bucket - 2 ** depth;
}

export const halvesOf = (bucket: number): readonly [number, number] => [bucket * 2, bucket * 2 + 1];

/** All hashes, in units, by their buckets. `buckets`: whole leaves of the tree; none stands for the root alone. */
export function unitsOf(buckets: readonly number[]): readonly Unit[] {
  const units = new Map<number, number[]>();
  for (const bucket of buckets.length === 0 ? [root] : buckets) {
    const above = Math.max(0, depthOf(bucket) - deepestUnit);
    const unit = Math.floor(bucket / 2 ** above);
    units.set(unit, [...(units.get(unit) ?? []), bucket]);
  }
  return [...units].map(([unit, own]) => {
    const width = 2 ** (deepestUnit - depthOf(unit));
    const from = (unit - 2 ** depthOf(unit)) * width;
    return { buckets: own, from, to: from + width };
  });
}
