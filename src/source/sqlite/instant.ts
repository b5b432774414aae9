import type { Micros } from '../../model/watermark.ts';
import { fromLiteral, type Stored } from './literal.ts';
import { offsetSeconds } from './zone.ts';

/** `2026-11-21 11:45:12.345678+01:00`, with everything after the day left out or not. */
const stamp =
  /^\d{4}-\d\d-\d\d(?:(?<gap>[ T])\d\d:\d\d(?<seconds>:\d\d(?:(?<point>[.,])(?<fraction>\d+))?)?)?(?<zone> ?(?:Z|[+-]\d\d(?::?\d\d)?))?$/i;

/**
 * An instant as a lower bound for stamps that are stored in the way of `like`, mark text of one of
 * them (null, or of no known form: the text `YYYY-MM-DD HH:MM:SS.ffffff` in UTC). SQLite has no stamp
 * type: the application chose text, seconds, milliseconds, a Julian day …; only a value of the same
 * form compares with it. The bound is never after the instant: what is cut off makes it earlier.
 * `timezone`: IANA zone of text without zone, null for UTC.
 */
export function instantBound(micros: Micros, like: string | null, timezone: string | null): Stored {
  const sample = like === null ? null : fromLiteral(like);
  switch (typeof sample) {
    case 'bigint':
      return isJulian(Number(sample)) ? julianDay(micros) : wholeEpoch(micros, sample);
    case 'number':
      return isJulian(sample) ? julianDay(micros) : realEpoch(micros, sample);
    case 'string':
      return textBound(micros, sample, timezone);
    default:
      return plainText(micros);
  }
}

/** Julian days of the years -1975 to 22666; as seconds since 1970 they would all lie in its first months. */
const isJulian = (value: number): boolean => value >= 1e6 && value < 1e7;

/** What one unit of an epoch is in nanoseconds, told by the size of a value: today is 1.8e9 s, 1.8e12 ms, 1.8e15 µs, 1.8e18 ns. */
function unitNanos(size: number): bigint {
  if (size < 1e11) return 1_000_000_000n;
  if (size < 1e14) return 1_000_000n;
  return size < 1e17 ? 1_000n : 1n;
}

function wholeEpoch(micros: Micros, sample: bigint): bigint {
  return floorDivide(micros * 1000n, unitNanos(Math.abs(Number(sample))));
}

function realEpoch(micros: Micros, sample: number): number {
  return lower((Number(micros) * 1000) / Number(unitNanos(Math.abs(sample))));
}

function julianDay(micros: Micros): number {
  return lower(2_440_587.5 + Number(micros) / 86_400_000_000);
}

/** Below by more than the division and the writer's own rounding can have moved either value. */
const lower = (value: number): number => value - Math.abs(value) * 4 * Number.EPSILON;

function textBound(micros: Micros, sample: string, timezone: string | null): string {
  if (/^\d{9,19}$/.test(sample)) return String(wholeEpoch(micros, BigInt(sample)));
  const form = stamp.exec(sample)?.groups;
  if (form === undefined) return plainText(micros);
  const local = isoText(micros + BigInt(offset(micros, form['zone']?.trim(), timezone)) * 1_000_000n);
  const day = local.slice(0, 10);
  if (form['gap'] === undefined) return day;
  const minute = `${day}${form['gap']}${local.slice(11, 16)}`;
  if (form['seconds'] === undefined) return minute;
  const second = `${minute}${local.slice(16, 19)}`;
  // The zone is left off, and a fraction of zeros too: the shorter text sorts before each stamp of that
  // second, also before those that were printed without a fraction.
  const digits = local
    .slice(20)
    .padEnd(9, '0')
    .slice(0, form['fraction']?.length ?? 0);
  return /^0*$/.test(digits) ? second : `${second}${form['point']}${digits}`;
}

/** Seconds to add for the clock that the sample was printed by. */
function offset(micros: Micros, printed: string | undefined, timezone: string | null): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)?$/.exec(printed ?? '') ?? [];
  const own = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60);
  // `Z` and `+00:00` stay what they are all year.
  if (timezone === null || (printed !== undefined && own === 0)) return own;
  // When clocks are set back, local text repeats an hour: stamps after the change sort before those of
  // the last hour, so the bound has to reach back that hour as soon as the change can lie within the look-back.
  const ms = Number(micros / 1000n);
  return Math.min(offsetSeconds(timezone, ms), offsetSeconds(timezone, ms + 3 * 3_600_000));
}

const plainText = (micros: Micros): string => isoText(micros).replace('T', ' ');

/** `YYYY-MM-DDTHH:MM:SS.ffffff` */
function isoText(micros: Micros): string {
  const ms = floorDivide(micros, 1000n);
  const rest = String(micros - ms * 1000n).padStart(3, '0');
  return `${new Date(Number(ms)).toISOString().slice(0, -1)}${rest}`;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}
