import type { BinaryWriter } from './object.ts';

/** Bytes as they are. */
export function copyBytes(from: Buffer, start: number, end: number, into: Buffer, at: number): number {
  const size = end - start;
  // A loop is faster than a call for so few; a copy within one buffer makes no object.
  if (size <= 16) for (let place = 0; place < size; place += 1) into[at + place] = from[start + place] as number;
  else if (from === into) into.copyWithin(at, start, end);
  else from.copy(into, at, start, end);
  return at + size;
}

/** `t`, `true`, or the byte 1. */
export const isTrue = (from: Buffer, start: number): boolean => from[start] === 0x74 || from[start] === 1;

const zero = 0x30;

/** The number that the text is; a short one without a detour over a string. */
function numberOf(from: Buffer, start: number, end: number): number {
  const negative = from[start] === 0x2d;
  const first = negative ? start + 1 : start;
  let [value, scale] = [0, 0];
  // Whole numbers below 2^53 and powers of ten up to 10^22 are exact, and so their quotient is the nearest double.
  if (end - first > 15) return Number(from.toString('latin1', start, end));
  for (let at = first; at < end; at += 1) {
    const byte = from[at] as number;
    if (byte === 0x2e && scale === 0 && at > first && at + 1 < end) scale = 1;
    else if (byte >= zero && byte <= zero + 9) {
      value = value * 10 + byte - zero;
      if (scale > 0) scale *= 10;
    } else return Number(from.toString('latin1', start, end));
  }
  if (scale > 1) value /= scale;
  return negative ? -value : value;
}

/** As IEEE 754, lowest byte first. */
export const float: BinaryWriter = (from, start, end, into, at) => into.writeFloatLE(numberOf(from, start, end), at);
export const double: BinaryWriter = (from, start, end, into, at) => into.writeDoubleLE(numberOf(from, start, end), at);
