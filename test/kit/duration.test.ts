import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/kit/duration.ts';

describe('a duration', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['1d', 86_400_000],
    ['1m500ms', 60_500],
    [' 2s ', 2000],
    ['0s', 0],
  ])('%s is so many milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '10', 's', '-1s', '1 h', '10S', '1w', '1h 30m', '.5s', '1e3s', '5s!'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it.each([
    [0, '0ms'],
    [340, '340ms'],
    [999.4, '999ms'],
    [999.6, '1s'],
    [1000, '1s'],
    [2540, '2.5s'],
    [59_940, '59.9s'],
    [59_990, '1m'],
    [60_000, '1m'],
    [200_000, '3m 20s'],
    [3_600_000, '1h'],
    [3_605_000, '1h'],
    [7_500_000, '2h 5m'],
    [356_400_000, '4d 3h'],
  ])('%d ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('reads back as itself, less than a tenth off, whatever its size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 10 }), (ms) => {
        const read = parseDuration(formatDuration(ms).replace(' ', ''));
        expect(read).not.toBeNull();
        expect(Math.abs((read as number) - ms)).toBeLessThanOrEqual(Math.max(ms * 0.1, 1));
      }),
    );
  });
});
