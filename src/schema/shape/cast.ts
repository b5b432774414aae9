import type { Column, ColumnType } from '../../model/column.ts';
import type { Cast } from '../../model/shaping.ts';
import type { Value } from '../../model/value.ts';
import { jsonWriter } from '../json/value.ts';
import { valueText } from '../value-text.ts';
import { clockOf, dayOf, instant, localStamp } from './cast-stamp.ts';
import { type ExactNumber, exactNumber, plainText, wholeText } from './exact-number.ts';

/** The value in its new type's canonical form; null: it has none. */
export type Caster = (value: Exclude<Value, null>) => Exclude<Value, null> | null;

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

/**
 * Casts on the exact text, in our own process and not by the source's CAST: there one row that cannot be cast fails the whole
 * statement (PostgreSQL) or becomes 0 without a word (MySQL, SQLite), and each database has rules of its own.
 * `timezone`: of stamps without one, where an instant is made of them; null: UTC.
 */
export function caster(from: ColumnType, { type, facts }: Cast, timezone: string | null): Caster {
  const number =
    (make: (number: ExactNumber) => string | null): Caster =>
    (value) => {
      const found = exactNumber(typeof value === 'boolean' ? (value ? '1' : '0') : valueText(value));
      return found === null ? null : make(found);
    };
  switch (type.kind) {
    case 'text':
      return valueText;
    case 'integer':
      return number((found) => within64(wholeText(found)));
    case 'decimal':
      return number((found) => withDigits(plainText(found, facts.scale ?? null), facts.precision));
    case 'float':
      return (value) => double(typeof value === 'boolean' ? (value ? '1' : '0') : valueText(value));
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : (booleans.get(valueText(value).toLowerCase()) ?? null));
    case 'date':
      return (value) => dayOf(valueText(value));
    case 'time':
      return (value) => clockOf(valueText(value));
    case 'timestamp':
      return (value) => localStamp(valueText(value));
    case 'timestamptz':
      return (value) => instant(valueText(value), timezone);
    case 'uuid':
      return (value) => uuid(value instanceof Uint8Array ? Buffer.from(value).toString('hex') : valueText(value));
    case 'json':
      return (value) => (from.kind === 'text' ? json(valueText(value)) : jsonWriter(from)(value));
    case 'bytes':
      return (value) => (value instanceof Uint8Array ? value : Buffer.from(valueText(value)));
    default:
      return () => null;
  }
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['0', false],
]);

const within64 = (text: string | null): string | null => (text === null || BigInt(text) < least || BigInt(text) > most ? null : text);

/** Not more digits than were declared. */
function withDigits(text: string | null, precision: number | undefined): string | null {
  if (text === null || precision === undefined) return text;
  return text.replace(/[-.]/g, '').replace(/^0+/, '').length > precision ? null : text;
}

/** The nearest double, in its shortest text. */
function double(text: string): string | null {
  if (/^(NaN|-?Infinity)$/.test(text)) return text;
  if (exactNumber(text) === null) return null;
  const nearest = Number(text);
  return Number.isFinite(nearest) ? String(nearest) : null;
}

function uuid(text: string): string | null {
  const digits = text.replace(/[-{}]/g, '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits)) return null;
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-');
}

function json(text: string): string | null {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return null;
  }
}

/** The column as consumers see it once it is cast. */
export function castColumn({ name, nullable, facts }: Column, { text, type, facts: own }: Cast): Column {
  const told = { ...own, ...(facts?.doc === undefined ? {} : { doc: facts.doc }) };
  return { name, type, native: text, nullable, facts: told };
}
