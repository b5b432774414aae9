import { hash } from 'node:crypto';

/** Words of a digest, and of a spilled record: the digest of a key, then that of a value. */
export const digestWords = 3;
export const recordWords = 2 * digestWords;

/**
 * 96 bits of sha256 as three words; among ten million keys two share one with a chance of 1 in 10^15. All zero
 * stands for a value that is not there.
 */
export function putDigest(bytes: Buffer | null, into: Uint32Array, at: number): void {
  if (bytes === null) {
    into.fill(0, at, at + digestWords);
    return;
  }
  // As text it costs a third of what a Buffer costs.
  const text = hash('sha256', bytes, 'binary');
  for (let word = 0; word < digestWords; word += 1) {
    const from = word * 4;
    into[at + word] =
      text.charCodeAt(from) | (text.charCodeAt(from + 1) << 8) | (text.charCodeAt(from + 2) << 16) | (text.charCodeAt(from + 3) << 24);
  }
}

export const isNothing = (words: Uint32Array, at: number): boolean => words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0;

export const isSame = (a: Uint32Array, atA: number, b: Uint32Array, atB: number): boolean =>
  a[atA] === b[atB] && a[atA + 1] === b[atB + 1] && a[atA + 2] === b[atB + 2];

export function copyDigest(from: Uint32Array, at: number, into: Uint32Array, to: number): void {
  into[to] = from[at] as number;
  into[to + 1] = from[at + 1] as number;
  into[to + 2] = from[at + 2] as number;
}
