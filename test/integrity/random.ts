/** The same numbers for the same seed (mulberry32). */
export interface Random {
  /** From 0 to 1, 1 left out. */
  next(): number;
  /** A whole number from 0 to `below`, which is left out. */
  below(below: number): number;
  chance(share: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** Another row of numbers of its own, for something that runs beside this. */
  fork(): Random;
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (share) => next() < share,
    pick: (choices) => choices[below(choices.length)] as never,
    fork: () => seededRandom(below(2 ** 32)),
  };
}
