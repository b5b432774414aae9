import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelay } from '../../src/kit/backoff.ts';

describe('the delay before a retry', () => {
  it('doubles from half a second to half a minute', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((attempt) => backoffDelay(attempt, 1));
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('is random in its upper half', () => {
    expect(backoffDelay(1, 0)).toBe(250);
    expect(backoffDelay(1, 0.5)).toBe(375);
  });

  it('stays between half and all of the cap, however many tries', () => {
    const random = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), random, (attempt, share) => {
        const delay = backoffDelay(attempt, share, { initialMs: 20, maxMs: 2000, factor: 1.5 });
        expect(delay).toBeGreaterThanOrEqual(10);
        expect(delay).toBeLessThanOrEqual(2000);
        expect(Number.isInteger(delay)).toBe(true);
      }),
    );
  });
});
