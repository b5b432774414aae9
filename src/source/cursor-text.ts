import { LiberateError } from '../kit/errors.ts';
import type { Column } from '../model/column.ts';

const stamp = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * A cursor value as a user writes it, brought to one form: digits for a number; `YYYY-MM-DD` for a date;
 * `YYYY-MM-DD HH:MM:SS[.ffffff]` for a stamp, of which an instant's is in UTC (a text without zone means
 * UTC there). LIB103 for anything else.
 */
export function parseCursorText(text: string, column: Column): string {
  const trimmed = text.trim();
  switch (column.type.kind) {
    case 'integer':
      if (/^-?\d+$/.test(trimmed)) return trimmed;
      throw refused(text, column, 'a whole number, e.g. 12345');
    case 'decimal':
      if (/^-?\d+(\.\d+)?$/.test(trimmed)) return trimmed;
      throw refused(text, column, 'a number, e.g. 12345');
    case 'date':
      if (/^\d{4}-\d\d-\d\d$/.test(trimmed) && secondsOf(trimmed, '00:00:00') !== null) return trimmed;
      throw refused(text, column, 'a date, e.g. 2026-01-31');
    case 'timestamp':
    case 'timestamptz':
      return parseStamp(trimmed, column);
    default:
      throw new LiberateError('LIB208', `a ${column.native} column has no cursor values`, { place: { column: column.name } });
  }
}

function parseStamp(text: string, column: Column): string {
  const zoned = column.type.kind === 'timestamptz';
  const expected = zoned
    ? 'a date or an instant, e.g. 2026-01-31 or 2026-01-31T10:00:00Z'
    : 'a date or a time without zone, e.g. 2026-01-31T10:00:00';
  const match = stamp.exec(text);
  if (match === null) throw refused(text, column, expected);
  const [, day, minute = '00:00', second = '00', fraction, zone = 'Z'] = match as unknown as readonly [
    string,
    string,
    ...(string | undefined)[],
  ];
  if (!zoned && match[5] !== undefined) throw refused(text, column, expected);
  const seconds = secondsOf(day, `${minute}:${second}`);
  if (seconds === null) throw refused(text, column, expected);
  const utc = new Date((seconds - offsetSeconds(zone)) * 1000).toISOString();
  return `${utc.slice(0, 19).replace('T', ' ')}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** Seconds since 1970 as if in UTC; null for a day or a time that does not exist. */
function secondsOf(day: string, time: string): number | null {
  const date = new Date(`${day}T${time}Z`);
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 19) !== `${day}T${time}`) return null;
  return date.getTime() / 1000;
}

/** `Z`, `+02`, `+0530`, `-03:00` */
function offsetSeconds(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2) || 0) * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}

function refused(text: string, column: Column, expected: string): LiberateError {
  const { name, native } = column;
  return new LiberateError('LIB103', `"${text}" is not a value of the cursor column "${name}" (${native}); expected ${expected}`, {
    place: { column: name },
  });
}
