import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantBound } from '../../../src/source/sqlite/instant.ts';
import { toLiteral } from '../../../src/source/sqlite/literal.ts';

/** 2026-11-21T11:45:12.345678Z */
const micros = BigInt(Date.UTC(2026, 10, 21, 11, 45, 12, 345)) * 1000n + 678n;

describe('an instant as a bound for SQLite', () => {
  it.each([
    ["'2026-01-01 00:00:00'", '2026-11-21 11:45:12'],
    ["'2026-01-01T00:00:00'", '2026-11-21T11:45:12'],
    ["'2026-01-01 00:00:00.000'", '2026-11-21 11:45:12.345'],
    ["'2026-01-01 00:00:00.000000'", '2026-11-21 11:45:12.345678'],
    ["'2026-01-01 00:00:00.000000000'", '2026-11-21 11:45:12.345678000'],
    ["'2026-01-01 00:00:00,5'", '2026-11-21 11:45:12,3'],
    ["'2026-01-01 00:00'", '2026-11-21 11:45'],
    ["'2026-01-01'", '2026-11-21'],
    ["'2026-01-01T00:00:00Z'", '2026-11-21T11:45:12'],
    ["'2026-01-01T00:00:00.123Z'", '2026-11-21T11:45:12.345'],
    ["'2026-01-01 00:00:00+00:00'", '2026-11-21 11:45:12'],
    ["'2026-01-01 00:00:00+02:00'", '2026-11-21 13:45:12'],
    ["'2026-01-01 00:00:00 -0330'", '2026-11-21 08:15:12'],
    ['1767225600', 1795261512n],
    ['1767225600000', 1795261512345n],
    ['1767225600000000', 1795261512345678n],
    ['1767225600000000000', 1795261512345678000n],
    ["'1767225600000'", '1795261512345'],
  ])('takes the form of %s', (like, expected) => {
    expect(instantBound(micros, like, null)).toEqual(expected);
  });

  it.each([
    ['1767225600.25', 1795261512.345678],
    ['1767225600000.25', 1795261512345.678],
    ['2461041.25', Number(micros) / 86_400e6 + 2_440_587.5],
    // A whole Julian day is written as an integer.
    ['2461041', Number(micros) / 86_400e6 + 2_440_587.5],
  ])('takes the form of the REAL %s, a hair before', (like, expected) => {
    const bound = instantBound(micros, like, null) as number;
    expect(bound).toBeLessThan(expected);
    expect(bound / expected).toBeCloseTo(1, 14);
  });

  it.each([null, "'yesterday'", "''", "X'00'", 'NULL'])('is text with microseconds where the sample %s says nothing', (like) => {
    expect(instantBound(micros, like, null)).toBe('2026-11-21 11:45:12.345678');
  });

  it('leaves out a fraction of zeros, so that a stamp printed without one is not before it', () => {
    const whole = micros - (micros % 1_000_000n);
    expect(instantBound(whole, "'2026-01-01 00:00:00.123456'", null)).toBe('2026-11-21 11:45:12');
  });

  it('works before 1970', () => {
    expect(instantBound(-1n, "'2026-01-01 00:00:00.000000'", null)).toBe('1969-12-31 23:59:59.999999');
    expect(instantBound(-1n, '1767225600', null)).toBe(-1n);
  });

  it('prints stamps without zone by the clock of the source', () => {
    expect(instantBound(micros, "'2026-01-01 00:00:00'", 'America/New_York')).toBe('2026-11-21 06:45:12');
    expect(instantBound(micros, "'2026-01-01 00:00:00'", 'Asia/Kathmandu')).toBe('2026-11-21 17:30:12');
    expect(instantBound(micros, "'2026-01-01 00:00:00Z'", 'Asia/Kathmandu')).toBe('2026-11-21 11:45:12');
  });

  it('reaches back the repeated hour when clocks are set back', () => {
    // Berlin, 2026-10-25: at 01:00 UTC the clock goes from 03:00 to 02:00.
    const before = BigInt(Date.UTC(2026, 9, 25, 0, 59, 58)) * 1000n;
    const after = '2026-10-25 02:00:01';
    expect((instantBound(before, "'2026-01-01 00:00:00'", 'Europe/Berlin') as string) <= after).toBe(true);
    const summer = BigInt(Date.UTC(2026, 6, 1, 12)) * 1000n;
    expect(instantBound(summer, "'2026-01-01 00:00:00'", 'Europe/Berlin')).toBe('2026-07-01 14:00:00');
  });

  /** How applications print one and the same instant. */
  const forms: Readonly<Record<string, (ms: number) => string | number | bigint>> = {
    'seconds as text': (ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' '),
    'milliseconds as text': (ms) => new Date(ms).toISOString().slice(0, 23),
    'ISO with Z': (ms) => new Date(ms).toISOString(),
    'a fraction only where there is one': (ms) => new Date(ms).toISOString().slice(0, 23).replace('.000', ''),
    'epoch seconds': (ms) => BigInt(Math.floor(ms / 1000)),
    'epoch milliseconds': (ms) => BigInt(ms),
    'epoch seconds as REAL': (ms) => ms / 1000,
    'Julian day': (ms) => ms / 86_400_000 + 2_440_587.5,
  };

  it.each(Object.keys(forms))('is never after a stamp of its own instant or later: %s', (name) => {
    const print = forms[name] as (ms: number) => string | number | bigint;
    const instant = fc.integer({ min: Date.UTC(2001, 8, 10), max: Date.UTC(2200, 0, 1) });
    fc.assert(
      fc.property(instant, instant, fc.nat({ max: 10_000 }), (ms, sample, later) => {
        const bound = instantBound(BigInt(ms) * 1000n, toLiteral(print(sample)), null);
        const stamp = print(ms + later);
        return typeof bound === 'string' ? bound <= (stamp as string) : (bound as number | bigint) <= (stamp as number | bigint);
      }),
      { numRuns: 500 },
    );
  });
});
