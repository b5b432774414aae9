import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newSeed, putEventDigest, putHash, putUnknown, type Seed, seedOf } from '../../src/engine/event-digest.ts';
import { digestWords, isNothing, isSame } from '../../src/engine/verify-digest.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';

const mask = 0xffffffffn;
const left = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (32n - bits))) & mask;

/** HalfSipHash as its authors describe it, byte by byte; `rounds`: of a word and of the end; `bytes`: of the digest. */
function reference(data: Uint8Array, key: Uint8Array, [c, d]: readonly [number, number], bytes: 4 | 8): Buffer {
  const word = (from: Uint8Array, at: number): bigint => BigInt(Buffer.from(from).readUInt32LE(at));
  const [k0, k1] = [word(key, 0), word(key, 4)];
  const v = [k0, k1, 0x6c796765n ^ k0, 0x74656462n ^ k1] as [bigint, bigint, bigint, bigint];
  if (bytes === 8) v[1] ^= 0xeen;
  const rounds = (count: number): void => {
    for (let round = 0; round < count; round += 1) {
      v[0] = (v[0] + v[1]) & mask;
      v[1] = left(v[1], 5n) ^ v[0];
      v[0] = left(v[0], 16n);
      v[2] = (v[2] + v[3]) & mask;
      v[3] = left(v[3], 8n) ^ v[2];
      v[0] = (v[0] + v[3]) & mask;
      v[3] = left(v[3], 7n) ^ v[0];
      v[2] = (v[2] + v[1]) & mask;
      v[1] = left(v[1], 13n) ^ v[2];
      v[2] = left(v[2], 16n);
    }
  };
  const padded = Buffer.concat([data, Buffer.alloc(4 - (data.length % 4))]);
  padded[padded.length - 1] = data.length & 0xff;
  for (let at = 0; at < padded.length; at += 4) {
    v[3] ^= word(padded, at);
    rounds(c);
    v[0] ^= word(padded, at);
  }
  v[2] ^= bytes === 8 ? 0xeen : 0xffn;
  rounds(d);
  const out = Buffer.alloc(bytes);
  out.writeUInt32LE(Number(v[1] ^ v[3]), 0);
  if (bytes === 4) return out;
  v[1] ^= 0xddn;
  rounds(d);
  out.writeUInt32LE(Number(v[1] ^ v[3]), 4);
  return out;
}

const counting = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => at));

/** Of bytes that begin somewhere in their words. */
function hashOf(data: Uint8Array, seed: Seed, offset = 0): Buffer {
  const padded = new Uint8Array((offset + data.length + 7) & ~3).fill(0xa5);
  padded.set(data, offset);
  const words = new Uint32Array(2);
  putHash(new Int32Array(padded.buffer), offset, offset + data.length, seed, words, 0);
  return Buffer.from(words.buffer);
}

function digestOf(value: Buffer | null, seed: Seed): Uint32Array {
  const event = new RecordBatch({}, 16);
  event.add({ key: Buffer.from('some key'), value, timestamp: '0' });
  const words = new Uint32Array(digestWords);
  putEventDigest(event, seed, words, 0);
  return words;
}
const same = (a: Uint32Array, b: Uint32Array): boolean => isSame(a, 0, b, 0);
const differing = (a: Buffer, b: Buffer): number =>
  a.reduce((bits, byte, at) => bits + (byte ^ (b[at] as number)).toString(2).replaceAll('0', '').length, 0);

describe('the digest of an event', () => {
  it('is held to a reference that gives the published vectors of HalfSipHash', () => {
    // The authors' first vectors for 2-4 rounds and 64 bits, and Linux's for 1-3 rounds and 32 bits.
    const of64 = (length: number): string => reference(counting(length), counting(8), [2, 4], 8).toString('hex');
    expect([of64(0), of64(1)]).toEqual(['218d1f59b9b83cc8', 'be552412f8387315']);
    const of32 = (length: number): number => reference(counting(length), counting(8), [1, 3], 4).readUInt32LE(0);
    expect([0, 1, 2, 3, 4].map(of32)).toEqual([0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6]);
  });

  it('is HalfSipHash-1-3 of 64 bits, wherever in its words the value begins, whatever stands around it', () => {
    const key = fc.uint8Array({ minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), key, fc.nat({ max: 3 }), (data, bytes, offset) => {
        const words = Buffer.from(bytes);
        const seed: Seed = [words.readInt32LE(0), words.readInt32LE(4)];
        expect(hashOf(data, seed, offset)).toEqual(reference(data, bytes, [1, 3], 8));
      }),
      { numRuns: 500 },
    );
  });

  it('of no two among a million values alike is the same, nor any half of it more often than chance has it', () => {
    const seed = seedOf(newSeed());
    const count = 1_000_000;
    const words = new Int32Array(4);
    const bytes = new Uint8Array(words.buffer);
    const found = new Uint32Array(2);
    const whole = new BigUint64Array(count);
    const halves = [new Uint32Array(count), new Uint32Array(count)] as const;
    for (let at = 0; at < count; at += 1) {
      // A counter in a row that else stays as it is.
      words[1] = at;
      putHash(words, 0, bytes.length, seed, found, 0);
      whole[at] = (BigInt(found[1] as number) << 32n) | BigInt(found[0] as number);
      halves[0][at] = found[0] as number;
      halves[1][at] = found[1] as number;
    }
    const twins = (sorted: BigUint64Array | Uint32Array): number => {
      let twice = 0;
      for (let at = 1; at < sorted.length; at += 1) if (sorted[at] === sorted[at - 1]) twice += 1;
      return twice;
    };
    expect(twins(whole.sort())).toBe(0);
    // Of 32 bits chance gives 116 pairs, with a deviation of 11.
    for (const half of halves) expect(twins(half.sort())).toBeLessThan(116 + 8 * 11);
  });

  it('changes in half of its bits with any one bit of the value, of the seed, and with a byte more', () => {
    const data = Buffer.from('{"id":1,"note":"eleven and three"}');
    const seed = seedOf('0123456789abcdef');
    const base = hashOf(data, seed);
    let bits = 0;
    for (let bit = 0; bit < data.length * 8; bit += 1) {
      const other = Buffer.from(data);
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      const found = differing(base, hashOf(other, seed));
      expect(found).toBeGreaterThan(8);
      bits += found;
    }
    expect(bits / (data.length * 8)).toBeGreaterThan(30);
    expect(bits / (data.length * 8)).toBeLessThan(34);
    expect(differing(base, hashOf(data, seedOf('0123456789abcdee')))).toBeGreaterThan(8);
    expect(differing(base, hashOf(Buffer.concat([data, Buffer.alloc(1)]), seed))).toBeGreaterThan(8);
  });

  it('of a tombstone is nothing, and of no value, not of an empty one, is it nothing or unknown', () => {
    const seed = seedOf(newSeed());
    const unknown = new Uint32Array(digestWords);
    putUnknown(unknown, 0);
    expect(isNothing(digestOf(null, seed), 0)).toBe(true);
    for (const value of ['', '\0', '\0\0\0\0', '{}']) {
      expect(isNothing(digestOf(Buffer.from(value), seed), 0)).toBe(false);
      expect(same(digestOf(Buffer.from(value), seed), unknown)).toBe(false);
    }
    expect(same(digestOf(Buffer.from('{"a":1}'), seed), digestOf(Buffer.from('{"a":1}'), seed))).toBe(true);
    expect(same(digestOf(Buffer.from('{"a":1}'), seed), digestOf(Buffer.from('{"a":2}'), seed))).toBe(false);
  });

  it('is another one under each seed, and seeds are not given twice', () => {
    const seeds = Array.from({ length: 1000 }, newSeed);
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(new Set(seeds.map((hex) => hashOf(Buffer.from('value'), seedOf(hex)).toString('hex'))).size).toBe(seeds.length);
  });
});
