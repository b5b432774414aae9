import { randomBytes } from 'node:crypto';
import type { RecordBatch } from '../model/record-batch.ts';

/** Under which one job digests its events, 16 hex digits: who does not know it cannot make two values with one digest on purpose. */
export type Seed = readonly [number, number];

export const newSeed = (): string => randomBytes(8).toString('hex');

export const seedOf = (hex: string): Seed => [Number.parseInt(hex.slice(0, 8), 16) | 0, Number.parseInt(hex.slice(8, 16), 16) | 0];

/** What stands for the digest of an event of which nobody knows what it was: it is like no other. */
const unknown = 0xffffffff;

export function putUnknown(into: Uint32Array, at: number): void {
  into[at] = unknown;
  into[at + 1] = unknown;
  into[at + 2] = 1;
}

/**
 * The digest of what the last event of a batch says of its row, as it is remembered: 64 bits, only ever held against those of the same key, and a third
 * word so that no value is like a tombstone, which is all zero.
 */
export function putEventDigest(event: RecordBatch, seed: Seed, into: Uint32Array, at: number): void {
  const from = event.coreFrom;
  if (from < 0) {
    into[at] = 0;
    into[at + 1] = 0;
    into[at + 2] = 0;
    return;
  }
  putHash(event.words, from, event.coreTo, seed, into, at);
  into[at + 2] = 1;
  // Two that stand for something else.
  if (into[at] === unknown && into[at + 1] === unknown) into[at] = 0;
  if (into[at] === 0 && into[at + 1] === 0) into[at] = 1;
}

/**
 * HalfSipHash-1-3, 64 bits, of the bytes from `from` to `to` of these words: a third of what sha256 costs here, as it
 * takes four bytes at a time from where they lie, makes no object and leaves JavaScript for nothing. The rounds are
 * written out: as functions of four numbers they would need an object each.
 */
export function putHash(words: Int32Array, from: number, to: number, [k0, k1]: Seed, into: Uint32Array, at: number): void {
  let v0 = k0;
  let v1 = k1 ^ 0xee;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  const size = to - from;
  const shift = (from & 3) * 8;
  let place = from >> 2;
  const end = place + (size >> 2);
  for (; place < end; place += 1) {
    // Four bytes that may lie across two words; of a number, JavaScript shifts by 32 as by 0.
    const low = words[place] as number;
    const m = shift === 0 ? low : (low >>> shift) | ((words[place + 1] as number) << (32 - shift));
    v3 ^= m;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= m;
  }
  // The last bytes with the length; then three rounds a half of the digest.
  let m = size << 24;
  for (let left = 0; left < (size & 3); left += 1) {
    const byte = from + (size & ~3) + left;
    m |= (((words[byte >> 2] as number) >>> ((byte & 3) * 8)) & 0xff) << (left * 8);
  }
  v3 ^= m;
  for (let round = 0; round < 7; round += 1) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    if (round === 0) {
      v0 ^= m;
      v2 ^= 0xee;
    } else if (round === 3) {
      into[at] = v1 ^ v3;
      v1 ^= 0xdd;
    }
  }
  into[at + 1] = v1 ^ v3;
}
