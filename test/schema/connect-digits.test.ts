import fc from 'fast-check';
import { expect, it } from 'vitest';
import { putBase64, putWhole } from '../../src/schema/connect/digits.ts';

const written = (put: (into: Buffer) => number): string => {
  const into = Buffer.alloc(200, 0x7e);
  return into.toString('latin1', 3, put(into));
};

it('a whole number is the digits that it has, up to where doubles skip', () => {
  const same = (value: number): void => {
    expect(written((into) => putWhole(value, into, 3))).toBe(String(value));
  };
  for (const value of [0, 9, 10, 99_999_999, 100_000_000, 10_000_000_000, 2 ** 31, 2 ** 53 - 1]) {
    same(value);
    if (value > 0) same(-value);
  }
  fc.assert(fc.property(fc.maxSafeInteger(), same));
});

it('base64 is that of Node, of any number of bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const from = Buffer.from(bytes);
      expect(written((into) => putBase64(from, from.length, into, 3))).toBe(from.toString('base64'));
    }),
  );
});
