import type { Column } from '../../model/column.ts';
import type { RowBatch } from '../../model/row.ts';
import type { Value } from '../../model/value.ts';
import { localOffset, zoneMillis } from './local-time.ts';
import { packedStamps } from './packed-stamp.ts';

/** Milliseconds since 1970 of a row, never negative; null when its cursor says no time. */
export type EventTime = (rows: RowBatch, at: number) => number | null;

const stamp = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Epoch numbers by magnitude: seconds, milliseconds, microseconds, nanoseconds. */
function epochMillis(value: bigint): number {
  const size = value < 0n ? -value : value;
  if (size < 100_000_000_000n) return Number(value) * 1000;
  if (size < 100_000_000_000_000n) return Number(value);
  if (size < 100_000_000_000_000_000n) return Number(value / 1000n);
  return Number(value / 1_000_000n);
}

/** Offset in milliseconds of a local time written as if it were UTC; null: the zone is UTC. */
type LocalOffset = ((wall: number) => number) | null;

function offsetMillis(zone: string | undefined, wall: number, local: LocalOffset): number {
  if (zone === undefined) return local === null ? 0 : local(wall);
  return zoneMillis(zone);
}

function stampMillis(text: string, local: LocalOffset): number | null {
  const match = stamp.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  // MySQL's zero dates, whole or in part, are no time.
  if (month === '00' || day === '00') return null;
  const utc = Date.UTC(2000, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // Date.UTC reads the years 0-99 as 19xx, so the year is set on its own.
  const exact = new Date(utc).setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const millis = Number(fraction.slice(0, 3).padEnd(3, '0'));
  return exact + millis - offsetMillis(zone, exact, local);
}

function valueMillis(value: Value, local: LocalOffset): number | null {
  if (typeof value === 'string') return stampMillis(value, local);
  if (typeof value === 'bigint') return epochMillis(value);
  if (typeof value === 'number' && Number.isFinite(value)) return Math.round(value * 1000);
  return null;
}

/**
 * The first cursor column that is not NULL gives the event's time. Before 1970 it is 0, the least that Kafka
 * accepts. `timezone`: IANA zone of stamps without one; null means UTC.
 */
export function eventTime(cursor: readonly Column[], columns: readonly string[], timezone: string | null): EventTime {
  const places = cursor.map(({ name }) => columns.indexOf(name));
  const local = timezone === null || timezone === 'UTC' ? null : localOffset(timezone);
  const packed = packedStamps(local);
  const slow = (value: Value): number | null => {
    const millis = valueMillis(value, local);
    // Past the exact whole numbers, what a column holds is no time.
    return millis === null || !Number.isSafeInteger(millis) ? null : Math.max(0, millis);
  };
  return (rows, at) => {
    if (rows.packed !== null) {
      for (const place of places) {
        if (!rows.packed.isNull(at, place)) return packed(rows.packed, at, place) ?? slow(rows.packed.value(at, place));
      }
      return null;
    }
    const values = rows.values(at);
    for (const place of places) {
      const value = values[place];
      if (value !== null && value !== undefined) return slow(value);
    }
    return null;
  };
}

/** Milliseconds since 1970 that the text of a cursor's mark means; null when it says no time. */
export type MarkTime = (text: string) => number | null;

/** `timezone`: as for eventTime. A mark is the server's print form, or in SQLite a literal. */
export function markTime(timezone: string | null): MarkTime {
  const local = timezone === null || timezone === 'UTC' ? null : localOffset(timezone);
  return (text) => {
    const bare = /^'(.*)'$/s.exec(text)?.[1] ?? text;
    return valueMillis(/^-?\d+$/.test(bare) ? BigInt(bare) : bare, local);
  };
}
