import { createRequire } from 'node:module';

/** CRC-32C of `data`, going on from `seed`, the sum of what lies before; an unsigned 32-bit number. */
export type Crc32c = (data: Buffer, seed: number) => number;

/** The native one, about 3.6 GB/s, or our own where its package is not installed, which is optional. */
export function loadCrc32c(): Crc32c {
  try {
    // Not by `import`: Node would look through its long text for names of exports, and have V8 optimise the looking.
    const { crc32c } = createRequire(import.meta.url)('@node-rs/crc32') as typeof import('@node-rs/crc32');
    return crc32c;
  } catch {
    return tableCrc32c();
  }
}

/** Castagnoli's polynomial, bits reversed. */
const polynomial = 0x82f63b78;

/** Eight bytes a step by eight tables: a byte's part in the sum so many bytes later. */
export function tableCrc32c(): Crc32c {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  for (let byte = 0; byte < 256; byte += 1) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ polynomial : sum >>> 1;
    t0[byte] = sum;
  }
  const of = (table: Uint32Array, at: number): number => table[at & 0xff] as number;
  for (let byte = 0; byte < 256; byte += 1) {
    for (let later = 1; later < 8; later += 1) {
      const before = of(tables[later - 1] as Uint32Array, byte);
      (tables[later] as Uint32Array)[byte] = (before >>> 8) ^ of(t0, before);
    }
  }
  return (data, seed) => {
    let sum = ~seed;
    const whole = data.length & ~7;
    for (let at = 0; at < whole; at += 8) {
      const low = sum ^ data.readInt32LE(at);
      const high = data.readInt32LE(at + 4);
      sum =
        of(t7, low) ^
        of(t6, low >>> 8) ^
        of(t5, low >>> 16) ^
        of(t4, low >>> 24) ^
        of(t3, high) ^
        of(t2, high >>> 8) ^
        of(t1, high >>> 16) ^
        of(t0, high >>> 24);
    }
    for (let at = whole; at < data.length; at += 1) sum = (sum >>> 8) ^ of(t0, sum ^ (data[at] as number));
    return ~sum >>> 0;
  };
}
