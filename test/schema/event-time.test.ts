import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/model/value.ts';
import { eventTime, markTime } from '../../src/schema/shape/event-time.ts';
import { oneRow } from '../support/rows.ts';
import { column } from './column.ts';

const cursor = [column('at', 'timestamp')];
const timeOf = (value: Value, timezone: string | null = null): string | null =>
  text(eventTime(cursor, ['at'], timezone)(oneRow([value]), 0));
const text = (millis: number | null): string | null => (millis === null ? null : String(millis));
const instant = (text: string): string => String(Date.parse(text));

describe('the time of an event', () => {
  it.each([
    ['2026-11-21T10:00:00Z', instant('2026-11-21T10:00:00Z')],
    ['2026-11-21T10:00:00.123456Z', instant('2026-11-21T10:00:00.123Z')],
    ['2026-11-21T10:00:00.9', instant('2026-11-21T10:00:00.900Z')],
    ['2026-11-21 10:00:00.999999999', instant('2026-11-21T10:00:00.999Z')],
    ['2026-11-21', instant('2026-11-21T00:00:00Z')],
    ['2026-11-21 10:00:00+02', instant('2026-11-21T08:00:00Z')],
    ['2026-11-21 10:00:00+05:45', instant('2026-11-21T04:15:00Z')],
    ['2026-11-21 10:00:00 -0930', instant('2026-11-21T19:30:00Z')],
    ['2024-02-29T00:00:00', instant('2024-02-29T00:00:00Z')],
    ['9999-12-31T23:59:59.999999', '253402300799999'],
    ['1970-01-01T00:00:00', '0'],
    ['1970-01-01T00:00:00.001Z', '1'],
  ])('of the stamp %s is %s', (text, millis) => {
    expect(timeOf(text)).toBe(millis);
  });

  it.each(['0001-01-01T00:00:00', '0099-12-31', '1969-12-31T23:59:59.999999Z', '1900-02-28T12:00:00'])(
    'before 1970 is the least that a record can have: %s',
    (text) => {
      expect(timeOf(text)).toBe('0');
    },
  );

  it.each(['infinity', '-infinity', '0000-00-00', '2026-00-00T00:00:00', '4713-01-01 BC', '12026-01-01', 'soon', '', '10:00:00'])(
    'is none where the value says none: %j',
    (text) => {
      expect(timeOf(text)).toBeNull();
    },
  );

  it.each<readonly [Value, string | null]>([
    [0n, '0'],
    [1_800_000_000n, '1800000000000'],
    [1_800_000_000_000n, '1800000000000'],
    [1_800_000_000_000_123n, '1800000000000'],
    [1_800_000_000_000_123_456n, '1800000000000'],
    [99_999_999_999n, '99999999999000'],
    [9_223_372_036_854_775_807n, '9223372036854'],
    [-1_800_000_000n, '0'],
    [-9_223_372_036_854_775_808n, '0'],
    [1_800_000_000.123, '1800000000123'],
    [1.5, '1500'],
    [1e300, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [true, null],
    [new Uint8Array([1]), null],
  ])('of the number %s is told by its magnitude', (value, millis) => {
    expect(timeOf(value)).toBe(millis);
  });

  it('is read in the zone of the source where the stamp has none, and only there', () => {
    expect(timeOf('2026-07-01T12:00:00', 'Europe/Berlin')).toBe(instant('2026-07-01T10:00:00Z'));
    expect(timeOf('2026-12-01T12:00:00', 'Europe/Berlin')).toBe(instant('2026-12-01T11:00:00Z'));
    expect(timeOf('2026-07-01T12:00:00', 'Asia/Kathmandu')).toBe(instant('2026-07-01T06:15:00Z'));
    expect(timeOf('2026-07-01T12:00:00Z', 'Europe/Berlin')).toBe(instant('2026-07-01T12:00:00Z'));
    expect(timeOf('2026-07-01T12:00:00', 'UTC')).toBe(instant('2026-07-01T12:00:00Z'));
  });

  it.each([
    ['Europe/Berlin', '2026-10-25T01:59:59', '2026-10-24T23:59:59Z'],
    ['Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00Z'],
    ['Europe/Berlin', '2026-10-25T03:00:00', '2026-10-25T02:00:00Z'],
    ['America/New_York', '2026-11-01T01:30:00', '2026-11-01T05:30:00Z'],
    ['Australia/Lord_Howe', '2026-04-05T01:45:00', '2026-04-04T14:45:00Z'],
  ])('in %s is the first of the two where the clock showed %s twice', (zone, text, expected) => {
    expect(timeOf(text, zone)).toBe(instant(expected));
  });

  it.each([
    ['Europe/Berlin', '2026-03-29T02:30:00', '2026-03-29T01:30:00Z'],
    ['America/New_York', '2026-03-08T02:30:00', '2026-03-08T07:30:00Z'],
    ['Australia/Lord_Howe', '2026-10-04T02:15:00', '2026-10-03T15:45:00Z'],
    ['America/Sao_Paulo', '2018-11-04T00:15:00', '2018-11-04T03:15:00Z'],
  ])('in %s is as much later as the clock skipped %s', (zone, text, expected) => {
    expect(timeOf(text, zone)).toBe(instant(expected));
  });

  it('is that of the first cursor column that has a value', () => {
    const of = eventTime([column('updated_at', 'timestamp'), column('created_at', 'timestamp')], ['created_at', 'id', 'updated_at'], null);
    expect(text(of(oneRow(['2026-01-01', '1', '2026-02-01']), 0))).toBe(instant('2026-02-01T00:00:00Z'));
    expect(text(of(oneRow(['2026-01-01', '1', null]), 0))).toBe(instant('2026-01-01T00:00:00Z'));
    expect(text(of(oneRow([null, '1', null]), 0))).toBeNull();
    expect(eventTime([], ['id'], null)(oneRow(['1']), 0)).toBeNull();
  });

  it('is exact for every instant that a zone can show, in whatever order the rows come', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Tehran', 'America/St_Johns'];
    const moment = fc.integer({ min: Date.parse('1975-01-01'), max: Date.parse('2037-01-01') });
    for (const zone of zones) {
      const of = eventTime(cursor, ['at'], zone);
      const wall = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
      fc.assert(
        fc.property(moment, (now) => {
          const shown = wall.format(now);
          const found = Number(of(oneRow([shown]), 0));
          // Either the instant itself, or the earlier one at which the clock showed the same.
          expect(wall.format(found)).toBe(shown);
          expect(found).toBeLessThanOrEqual(Math.floor(now / 1000) * 1000);
        }),
      );
    }
  });

  it('never goes back while the stamps of a zone grow', () => {
    const of = eventTime(cursor, ['at'], 'Europe/Berlin');
    const walls = [...Array(24 * 12).keys()].map((n) =>
      new Date(Date.parse('2026-10-24T12:00:00Z') + n * 300_000).toISOString().slice(0, 19),
    );
    const times = walls.map((wall) => Number(of(oneRow([wall]), 0)));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

describe("a mark's own time", () => {
  it.each([
    ['2026-10-31 17:57:29.848752+00', null, Date.parse('2026-10-31T17:57:29.848Z')],
    ['2026-10-31 17:57:29', 'Europe/Berlin', Date.parse('2026-10-31T16:57:29Z')],
    ["'2026-01-03 08:00:00.000003'", null, Date.parse('2026-01-03T08:00:00Z')],
    ['1767427200', null, 1_767_427_200_000],
    ["'abc'", null, null],
  ])('%s in %s', (text, zone, expected) => {
    expect(markTime(zone)(text)).toBe(expected);
  });
});
