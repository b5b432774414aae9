import type { Gap, Micros } from '../model/watermark.ts';

/**
 * Ids are taken before commit, so a higher one can be seen first. Every id that is missing below the
 * mark is kept as a gap and read again with each poll, until every transaction that could fill it has
 * ended. Integers are compared as BigInt, which is exact at any width.
 */

/** Most gaps that are remembered; the newest are the ones that open transactions can still fill. */
export const mostGaps = 100_000;
/**
 * Most gaps that are watched for the sake of sessions that keep ids for later, once the transactions of their time have ended:
 * sessions can last for weeks, and each roll-back leaves a gap.
 */
export const mostKept = 1_000;
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
  #givenUp = 0;

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

  /** Gaps that only a session which keeps ids could fill, given up because there were too many. */
  get givenUp(): number {
    return this.#givenUp;
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

  /**
   * After a whole read that began later than the horizon: forgets what no open transaction can fill, nor a session that
   * keeps ids for later (`keptSince`: when the first of them began).
   */
  bury(floor: Micros, keptSince: Micros | null = null): void {
    const open = ({ seen }: Range): boolean => seen === null || BigInt(seen) >= floor;
    const kept = ({ seen }: Range): boolean => keptSince !== null && seen !== null && BigInt(seen) >= keptSince;
    const onlyKept = this.#ranges.filter((range) => !open(range) && kept(range));
    // The first have the lowest ids: those were taken longest ago.
    const givenUp = new Set(onlyKept.slice(0, Math.max(0, onlyKept.length - mostKept)));
    this.#givenUp += givenUp.size;
    this.#ranges = this.#ranges.filter((range) => open(range) || (kept(range) && !givenUp.has(range)));
  }

  /** What `bury` would forget, as ranges for one statement. */
  dying(floor: Micros, keptSince: Micros | null): readonly Pick<Gap, 'from' | 'to'>[] {
    const until = keptSince === null || floor < keptSince ? floor : keptSince;
    return hullsOf(this.#ranges.filter(({ seen }) => seen !== null && BigInt(seen) < until));
  }

  /** A row with that id was there at this server time, though no read may have shown it: its gap counts as met only now. */
  revive(id: bigint, now: Micros): void {
    const at = this.#find(id);
    const range = this.#ranges[at];
    if (range === undefined || (range.from !== null && id < range.from)) return;
    this.#ranges[at] = { ...range, seen: String(now) };
  }

  /** The gaps that lie wholly below an id, for a commit in the middle of a read. */
  below(id: bigint | null): readonly Gap[] {
    this.#trim();
    const kept = id === null ? this.#ranges : this.#ranges.filter(({ to }) => to < id);
    return kept.map(({ from, to, seen }) => ({ from: from === null ? null : String(from), to: String(to), seen }));
  }

  /** All of them, as ranges for one statement. */
  hulls(): readonly Pick<Gap, 'from' | 'to'>[] {
    return hullsOf(this.#ranges);
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

/** The gaps themselves, or hulls of neighbours where they are many, apart where the most ids lie between. */
function hullsOf(ranges: readonly Range[]): readonly Pick<Gap, 'from' | 'to'>[] {
  const apart = splits(ranges);
  const hulls: Pick<Gap, 'from' | 'to'>[] = [];
  let first = 0;
  for (let at = 0; at < ranges.length; at += 1) {
    if (at + 1 < ranges.length && !apart(at)) continue;
    const { from } = ranges[first] as Range;
    hulls.push({ from: from === null ? null : String(from), to: String((ranges[at] as Range).to) });
    first = at + 1;
  }
  return hulls;
}

/** Does a hull end behind a range? Where the widest stretches between ranges are, the rows in them need not be read again. */
function splits(ranges: readonly Range[]): (at: number) => boolean {
  if (ranges.length <= mostRanges) return () => true;
  const stretch = (at: number): number => Number(((ranges[at + 1] as Range).from ?? 0n) - (ranges[at] as Range).to);
  const widths = Float64Array.from({ length: ranges.length - 1 }, (_, at) => stretch(at));
  const sorted = widths.toSorted();
  const least = sorted[sorted.length - (mostRanges - 1)] as number;
  let asWide = mostRanges - 1 - sorted.filter((width) => width > least).length;
  return (at) => {
    const width = widths[at] as number;
    if (width !== least) return width > least;
    asWide -= 1;
    return asWide >= 0;
  };
}
