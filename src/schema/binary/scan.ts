import type { PackedRows } from '../../model/packed-rows.ts';

/** What a text may hold: something that JSON escapes, something beyond ASCII. */
export const special = { escaped: 1, wide: 2 } as const;

/**
 * Looks for special characters, four at a time: in each byte of `word`, the highest bit of a subtraction tells
 * whether it was below the limit, or equal to what was taken away by the exclusive or.
 */
export function scan({ bytes, words }: Pick<PackedRows, 'bytes' | 'words'>, start: number, end: number): number {
  let found = 0;
  let wide = 0;
  let at = start;
  for (; at < end && (at & 3) !== 0; at += 1) {
    const byte = bytes[at] as number;
    if (isEscaped(byte)) found = special.escaped;
    wide |= byte;
  }
  const last = end >> 2;
  let hits = 0;
  let high = 0;
  for (let place = at >> 2; place < last && at < end; place += 1) {
    const word = words[place] as number;
    const quotes = word ^ 0x22222222;
    const backslashes = word ^ 0x5c5c5c5c;
    hits |= ((word - 0x20202020) & ~word) | ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes);
    high |= word;
  }
  if (at < end) at = Math.max(at, last << 2);
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (isEscaped(byte)) found = special.escaped;
    wide |= byte;
  }
  if ((hits & 0x80808080) !== 0) found = special.escaped;
  return (wide & 0x80) !== 0 || (high & 0x80808080) !== 0 ? found | special.wide : found;
}

const isEscaped = (byte: number): boolean => byte < 0x20 || byte === 0x22 || byte === 0x5c;
