import { localOffset, zoneMillis } from './local-time.ts';

const date = /^(\d{4})-(\d\d)-(\d\d)$/;
const time = /^\d\d:\d\d:\d\d(?:\.\d{1,9})?$/;
const stamp = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;

interface Parts {
  readonly day: string;
  readonly clock: string;
  /** `.123`, or nothing. */
  readonly fraction: string;
  /** `Z`, `+02:00`, or nothing. */
  readonly zone: string;
}

/** A day of the calendar, and a time of the clock: `2026-02-30` is none. */
const isDay = (text: string): boolean => {
  const [, year, month, day] = date.exec(text) ?? [];
  if (year === undefined) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.getUTCMonth() + 1 === Number(month) && at.getUTCDate() === Number(day) && year !== '0000';
};
const isClock = (text: string): boolean => {
  const [hour, minute, second] = text.split(':').map(Number) as [number, number, number];
  return time.test(text) && hour < 24 && minute < 60 && second < 60;
};

function partsOf(text: string): Parts | null {
  if (date.test(text)) return isDay(text) ? { day: text, clock: '00:00:00', fraction: '', zone: '' } : null;
  const [, day, clock, fraction = '', zone = ''] = stamp.exec(text) ?? [];
  return day === undefined || clock === undefined || !isDay(day) || !isClock(clock) ? null : { day, clock, fraction, zone };
}

/** The day of a date or a stamp, as it is written. */
export const dayOf = (text: string): string | null => partsOf(text)?.day ?? null;

/** The time of a time or a stamp, as it is written. */
export function clockOf(text: string): string | null {
  if (time.test(text)) return isClock(text) ? text : null;
  const parts = stamp.test(text) ? partsOf(text) : null;
  return parts === null ? null : `${parts.clock}${parts.fraction}`;
}

/** A local stamp, as it is written; of an instant, its time in UTC. */
export function localStamp(text: string): string | null {
  const parts = partsOf(text);
  if (parts === null) return null;
  if (parts.zone === '') return `${parts.day}T${parts.clock}${parts.fraction}`;
  return instantOf(parts, null).slice(0, -1);
}

/** An instant in UTC. `timezone`: of stamps that name none; null: UTC. */
export function instant(text: string, timezone: string | null): string | null {
  const parts = partsOf(text);
  return parts === null ? null : instantOf(parts, timezone);
}

function instantOf({ day, clock, fraction, zone }: Parts, timezone: string | null): string {
  const wall = Date.parse(`${day}T${clock}Z`);
  const at = wall - (zone === '' ? (timezone === null ? 0 : localOffset(timezone)(wall)) : zoneMillis(zone));
  return `${new Date(at).toISOString().slice(0, 19)}${fraction}Z`;
}
