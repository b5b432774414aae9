import { putBigVarint, putZigZag } from '../../../kit/varint.ts';

/**
 * Variable-length integers of Kafka's records: zigzag (0, -1, 1, -2 … become 0, 1, 2, 3 …), then seven
 * bits a byte, the lowest first, the top bit set where more follow.
 */

/** From here on the 64-bit form is worked out with numbers, and from `exact` on with BigInt. */
const narrow = 2 ** 30;
const exact = 2 ** 52;

/** Bytes of an integer of at most 31 bits. */
export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

/** Writes it and returns the place behind it. */
export function putVarint(into: Uint8Array, at: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  let to = at;
  while (zigzag >= 0x80) {
    into[to++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  into[to++] = zigzag;
  return to;
}

/** Bytes of any integer that a number holds exactly. */
export function varlongSize(value: number): number {
  if (value < narrow && value >= -narrow) return varintSize(value);
  let size = 1;
  // 2 * value may be rounded beyond 2^53, which does not change how many times it can be halved.
  for (let rest = value < 0 ? -2 * value - 1 : 2 * value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

export function putVarlong(into: Uint8Array, at: number, value: number): number {
  if (value < narrow && value >= -narrow) return putVarint(into, at, value);
  if (Math.abs(value) >= exact) return putBig(into, at, BigInt(value));
  return putZigZag(value, into, at);
}

function putBig(into: Uint8Array, at: number, value: bigint): number {
  return putBigVarint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)), into, at);
}
