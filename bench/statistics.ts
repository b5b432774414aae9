/** The middle and the ends of a figure over several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws when there are none: a figure without a measurement is not 0. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = ascending(values);
  return { median: quantile(sorted, 0.5), min: quantile(sorted, 0), max: quantile(sorted, 1) };
}

/** `part` from 0 to 1, between two neighbours by their distance; of numbers in any order. */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new Error('no value was measured');
  const sorted = ascending(values);
  const place = (sorted.length - 1) * part;
  const low = Math.floor(place);
  const below = sorted[low] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - low);
}

const ascending = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
