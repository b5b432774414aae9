import { describe, expect, it } from 'vitest';
import { isSettled, stampOf } from '../../src/engine/chunk-stamp.ts';

const floor = BigInt(Date.parse('2026-03-02T12:00:00Z')) * 1000n;

describe('a stamp in a mark', () => {
  it('is read in every form that a source prints', () => {
    const micros = BigInt(Date.parse('2026-03-01T10:00:00Z')) * 1000n;
    expect(stampOf('2026-03-01 10:00:00.123456+00')).toEqual({ micros: micros + 123_456n, gap: ' ' });
    expect(stampOf('2026-03-01 10:00:00')).toEqual({ micros, gap: ' ' });
    expect(stampOf("'2026-03-01T10:00Z'")).toEqual({ micros, gap: 'T' });
    expect(stampOf('2026-03-01')).toEqual({ micros: micros - 36_000_000_000n, gap: null });
  });

  it('is none in a number, an infinity or a day that does not exist', () => {
    expect(['1772359200', 'infinity', "'noon'", '2026-13-01', '2026-03-01 10:00:00 BC'].map(stampOf)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('a stamp is settled', () => {
  it('when it lies before what an open transaction can still write, with a second for columns that round', () => {
    expect(isSettled('2026-03-02 11:59:58+00', floor, true)).toBe(true);
    expect(isSettled('2026-03-02 11:59:59.5+00', floor, true)).toBe(false);
    expect(isSettled('2026-03-02 12:00:00+00', floor, true)).toBe(false);
  });

  it('of a local clock only when it is past in every zone, and of a day when the day is over there', () => {
    expect(isSettled('2026-03-01 22:59:58', floor, false)).toBe(true);
    expect(isSettled('2026-03-01 23:00:00', floor, false)).toBe(false);
    expect([isSettled('2026-02-28', floor, false), isSettled('2026-03-01', floor, false)]).toEqual([true, false]);
  });

  it('never when it cannot be read', () => {
    expect(isSettled('1772359200', floor, false)).toBe(false);
  });
});
