import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantile, seededRandom, spreadOf } from '../../bench/statistics.ts';

describe('spreadOf', () => {
  test('gives the middle of an odd number of values, in whatever order', () => {
    expect(spreadOf([10, 2, 3])).toEqual({ median: 3, min: 2, max: 10 });
  });

  test('gives the mean of the two in the middle of an even number', () => {
    expect(spreadOf([4, 1, 3, 100])).toEqual({ median: 3.5, min: 1, max: 100 });
  });

  test('refuses to make a figure of nothing', () => {
    expect(() => spreadOf([])).toThrow('no value was measured');
  });

  test('leaves the values as they were', () => {
    const values = [3, 1, 2];
    spreadOf(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('quantile', () => {
  test('lies between two neighbours by its distance to them', () => {
    expect(quantile([0, 10, 20], 0.25)).toBe(5);
    expect(quantile([1], 0.99)).toBe(1);
    const percents = Array.from({ length: 101 }, (_, index) => index);
    expect(quantile(percents, 0.99)).toBe(99);
  });

  test('has as many values below it as above, and never leaves their range', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 });
    fc.assert(
      fc.property(values, (numbers) => {
        const { median, min, max } = spreadOf(numbers);
        const below = numbers.filter((number) => number < median).length;
        const above = numbers.filter((number) => number > median).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(numbers.length / 2);
        expect([min, max]).toEqual([Math.min(...numbers), Math.max(...numbers)]);
      }),
    );
  });
});

describe('seededRandom', () => {
  const take = (seed: number, count: number): readonly number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: count }, random);
  };

  test('gives the same numbers for a seed, and others for another', () => {
    expect(take(1, 5)).toEqual(take(1, 5));
    expect(take(1, 5)).not.toEqual(take(2, 5));
  });

  test('spreads them evenly from 0 up to 1', () => {
    const numbers = take(7, 10_000);
    for (const number of numbers) expect(number >= 0 && number < 1).toBe(true);
    for (let tenth = 0; tenth < 10; tenth++) {
      expect(Math.abs(numbers.filter((number) => Math.floor(number * 10) === tenth).length - 1000)).toBeLessThan(150);
    }
  });
});
