import type { ColumnType } from '../../model/column.ts';
import type { Value } from '../../model/value.ts';

/** Writes one value as JSON text; null is handled by the caller. */
export type JsonWriter = (value: Exclude<Value, null>) => string;

const raw: JsonWriter = (value) => value as string;
/** What `JSON.stringify` escapes in a string, and what it may: half of a surrogate pair, and so both. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are looked for.
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/;
/** Looking first is half the work: most texts stand in JSON as they are. */
const text = (value: string): string => (escaped.test(value) ? JSON.stringify(value) : `"${value}"`);
const quoted: JsonWriter = (value) => text(value as string);
const plainText: JsonWriter = (value) => `"${value as string}"`;
const base64 = (bytes: Uint8Array): string => `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"`;

/** Digits as they are: exact at any width. JSON has no NaN and no infinity, so these become strings. */
const number: JsonWriter = (value) => {
  const digits = value as string;
  const last = digits.charCodeAt(digits.length - 1);
  return last >= 48 && last <= 57 ? digits : JSON.stringify(digits);
};

/** A raw newline can only be white space between tokens of valid JSON; a record is one line. */
const json: JsonWriter = (value) => {
  const document = value as string;
  return document.includes('\n') || document.includes('\r') ? document.replace(/[\r\n]+/g, ' ') : document;
};

/** A double that the database itself holds; `String` prints the shortest text that reads back the same. */
const double = (value: number): string => (Number.isFinite(value) ? String(value) : `"${value}"`);

const dynamic: JsonWriter = (value) => {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      return double(value);
    default:
      return base64(value);
  }
};

/** How values of a type become JSON; see docs/types.md for the table. */
export function jsonWriter(type: ColumnType): JsonWriter {
  switch (type.kind) {
    case 'boolean':
      return (value) => (value === true ? 'true' : 'false');
    case 'integer':
      return raw;
    case 'decimal':
    case 'float':
      return number;
    case 'text':
    case 'interval':
      return quoted;
    case 'uuid':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return plainText;
    case 'json':
    case 'array':
      return json;
    case 'bytes':
      return (value) => base64(value as Uint8Array);
    case 'dynamic':
      return dynamic;
    default:
      return type satisfies never;
  }
}
