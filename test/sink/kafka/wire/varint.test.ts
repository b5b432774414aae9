import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { putVarint, putVarlong, varintSize, varlongSize } from '../../../../src/sink/kafka/wire/varint.ts';

/** The definition, on integers without bounds. */
function expected(value: number): readonly number[] {
  let zigzag = value >= 0 ? BigInt(value) * 2n : BigInt(value) * -2n - 1n;
  const bytes: number[] = [];
  for (; zigzag >= 128n; zigzag >>= 7n) bytes.push(Number(zigzag & 127n) | 128);
  return [...bytes, Number(zigzag)];
}

const edges = [0, 7, 14, 21, 28, 29, 30, 31, 32, 35, 42, 49, 50, 51, 52, 53]
  .flatMap((bits) => [2 ** bits, 2 ** (bits - 1)])
  .flatMap((edge) => [edge - 1, edge, edge + 1, -edge - 1, -edge, 1 - edge])
  .map(Math.trunc)
  .filter((value) => Number.isSafeInteger(value));

const put = (write: typeof putVarint, value: number): readonly number[] => {
  const into = Buffer.alloc(16, 0xee);
  const to = write(into, 3, value);
  expect([into[2], into[to]]).toEqual([0xee, 0xee]);
  return [...into.subarray(3, to)];
};

describe('a variable-length integer', () => {
  it.each([
    [0, [0]],
    [-1, [1]],
    [1, [2]],
    [63, [126]],
    [-64, [127]],
    [64, [128, 1]],
    [300, [216, 4]],
  ])('%d is %j, as in the description of the format', (value, bytes) => {
    expect(put(putVarint, value)).toEqual(bytes);
  });

  it('is right at every edge, in both forms, and its size is told before', () => {
    for (const value of edges) {
      expect([value, ...put(putVarlong, value)]).toEqual([value, ...expected(value)]);
      expect([value, varlongSize(value)]).toEqual([value, expected(value).length]);
      if (value !== (value | 0)) continue;
      expect([value, ...put(putVarint, value)]).toEqual([value, ...expected(value)]);
      expect([value, varintSize(value)]).toEqual([value, expected(value).length]);
    }
  });

  it('is right for any integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(put(putVarlong, value)).toEqual(expected(value));
        expect(varlongSize(value)).toBe(expected(value).length);
      }),
    );
  });
});
