import { describe, expect, it } from 'vitest';
import { fixedOffset, isTimeZone } from '../../src/kit/time-zone.ts';

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Berlin', 'CET', 'Etc/GMT-2', '+02:00', '-09:30'])('may be %s', (name) => {
    expect(isTimeZone(name)).toBe(true);
  });

  it.each(['', 'CEST', '<+02>-02', '+2', 'SYSTEM', 'Europe/Nowhere'])('is not %j', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });

  it('of an offset is so many milliseconds ahead of UTC', () => {
    expect(['+02:00', '-09:30', 'CET'].map(fixedOffset)).toEqual([7_200_000, -34_200_000, null]);
  });
});
