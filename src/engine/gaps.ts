import type { Gap, Micros } from '../model/watermark.ts';

/**
 * Ids are taken before commit, so a higher one can be seen first. Every id that is missing below the
 * mark is kept as a gap and read again with each poll, until every transaction that could fill it has
 * ended. Integers are compared as BigInt, which is exact at any width.
 */

/** Most gaps that are remembered; the newest are the ones that open transactions can still fill. */
export const mostGaps = 100_000;
/** Most ranges in one statement; rows of the hulls that lie in no gap are dropped by `GapSet.take`. */
const mostRanges = 100;

const integer = /^-?\d+$/;

export const isInteger = (text: string): boolean => integer.test(text);

interface Range {
  readonly from: bigint | null;
  readonly to: bigint;
  readonly seen: string | null;
}

export class GapSet {
  /** Ascending, disjoint. */
  #ranges: Range[];
  #dropped = 0;

  constructor(gaps: readonly Gap[]) {
    this.#ranges = gaps.map(({ from, to, seen }) => ({ from: from === null ? null : BigInt(from), to: BigInt(to), seen }));
  }

  get size(): number {
    return this.#ranges.length;
  }

  /** Gaps that were forgotten because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** An id below the mark was met: true, and the id is no gap any more, if it was one. */
  take(id: bigint): boolean {
    const at = this.#find(id);
    const range = this.#ranges[at];
    if (range === undefined || (range.from !== null && id < range.from)) return false;
    const left: Range[] = range.from === id ? [] : [{ ...range, to: id - 1n }];
    const right: Range[] = range.to === id ? [] : [{ ...range, from: id + 1n }];
    this.#ranges.splice(at, 1, ...left, ...right);
    return true;
  }

  /** The ids between two met in order; `before: null` for those below the first of all. */
  open(before: bigint | null, id: bigint): void {
    if (before !== null && id - before <= 1n) return;
    this.#ranges.push({ from: before === null ? null : before + 1n, to: id - 1n, seen: null });
    // Trimmed in bulk, so that a table full of holes costs no shift a row.
    if (this.#ranges.length >= mostGaps * 2) this.#trim();
  }

  /** What was met before this server time is known to have been there at it. */
  date(now: Micros): void {
    this.#ranges = this.#ranges.map((range) => (range.seen === null ? { ...range, seen: String(now) } : range));
  }

  /** After a whole read that began later than the horizon: forgets what no open transaction can fill. */
  bury(floor: Micros): void {
    this.#ranges = this.#ranges.filter(({ seen }) => seen === null || BigInt(seen) >= floor);
  }

  /** The gaps that lie wholly below an id, for a commit in the middle of a read. */
  below(id: bigint | null): readonly Gap[] {
    this.#trim();
    const kept = id === null ? this.#ranges : this.#ranges.filter(({ to }) => to < id);
    return kept.map(({ from, to, seen }) => ({ from: from === null ? null : String(from), to: String(to), seen }));
  }

  /** Ranges for one statement: the gaps themselves, or hulls of neighbours where they are many. */
  hulls(): readonly Pick<Gap, 'from' | 'to'>[] {
    const per = Math.ceil(this.#ranges.length / mostRanges);
    const hulls: Pick<Gap, 'from' | 'to'>[] = [];
    for (let at = 0; at < this.#ranges.length; at += per) {
      const first = this.#ranges[at] as Range;
      const last = this.#ranges[Math.min(at + per, this.#ranges.length) - 1] as Range;
      hulls.push({ from: first.from === null ? null : String(first.from), to: String(last.to) });
    }
    return hulls;
  }

  #trim(): void {
    const excess = this.#ranges.length - mostGaps;
    if (excess <= 0) return;
    this.#ranges = this.#ranges.slice(excess);
    this.#dropped += excess;
  }

  /** The first range that ends at or after the id. */
  #find(id: bigint): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as Range).to < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
