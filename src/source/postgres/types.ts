import type { Column, ColumnType } from '../../model/column.ts';
import type { FieldForm, Form } from '../../model/packed-rows.ts';
import type { Value } from '../../model/value.ts';
import { arrayJson } from './array.ts';

/** Object ids of pg_type that PostgreSQL has fixed for ever. What is not here is `text`: the server's own text. */
const byOid: Readonly<Record<string, ColumnType['kind']>> = {
  16: 'boolean',
  20: 'integer',
  21: 'integer',
  23: 'integer',
  26: 'integer',
  5069: 'integer',
  1700: 'decimal',
  700: 'float',
  701: 'float',
  17: 'bytes',
  1082: 'date',
  1083: 'time',
  1266: 'time',
  1114: 'timestamp',
  1184: 'timestamptz',
  1186: 'interval',
  2950: 'uuid',
  114: 'json',
  3802: 'json',
};

/** A row of pg_type, as far as it matters. */
export interface PgType {
  readonly oid: string;
  /** Of a domain: the type below it. */
  readonly base: string | null;
  /** Of a domain: the name of that type, with what the domain says of its size. */
  readonly baseNative: string | null;
  /** Of a true array: its element's type. */
  readonly element: string | null;
  /** Its values have an order that a page can continue in; of a domain and an array that is said of what they are made of. */
  readonly ordered: boolean;
  /** Of an enum. */
  readonly labels: readonly string[];
  /** Of a composite. */
  readonly parts: readonly { readonly name: string; readonly native: string }[];
}

/** `types` holds the type itself and all that it is made of. */
export function columnType(oid: string, types: ReadonlyMap<string, PgType>): ColumnType {
  const type = types.get(oid);
  if (type?.base) return columnType(type.base, types);
  if (type?.element) return { kind: 'array', element: columnType(type.element, types) };
  return { kind: byOid[oid] ?? 'text' } as ColumnType;
}

/** Can rows be read in its order, page by page? */
export function isOrdered(oid: string, types: ReadonlyMap<string, PgType>): boolean {
  const type = types.get(oid);
  if (type === undefined) return true;
  const below = type.base ?? type.element;
  if (below !== null) return isOrdered(below, types);
  return type.ordered;
}

/** The server's text → the canonical form of model/value.ts; null where they are the same. */
export function decoder(type: ColumnType, native: string): ((text: string) => Value) | null {
  switch (type.kind) {
    case 'boolean':
      return (text) => text === 't';
    case 'bytes':
      return bytes;
    case 'timestamp':
      return timestamp;
    case 'timestamptz':
      return timestamptz;
    case 'array': {
      const element = elementJson(type);
      // box is the one type whose arrays are not separated by commas: its values are full of them.
      const separator = native.startsWith('box[') ? ';' : ',';
      return (text) => arrayJson(text, separator, element);
    }
    default:
      return null;
  }
}

export const formsOf = (columns: readonly Column[]): readonly FieldForm[] =>
  columns.map(({ type, native }) => ({ form: formOf(type), decode: decoder(type, native) }));

function formOf({ kind }: ColumnType): Form {
  switch (kind) {
    case 'boolean':
      return 'letter';
    case 'timestamp':
      return 'spaced';
    case 'timestamptz':
      return 'spaced utc';
    case 'bytes':
    case 'array':
      return 'other';
    default:
      return 'same';
  }
}

/** `\x00ff` */
const bytes = (text: string): Uint8Array => Buffer.from(text.slice(2), 'hex');

/** `2026-01-01 10:00:00.5`; `infinity` and years BC, which ISO 8601 cannot say, stay as they are. */
function timestamp(text: string): string {
  return /[Cy]$/.test(text) ? text : text.replace(' ', 'T');
}

/** The session's zone is UTC, so the text always ends in `+00`. */
function timestamptz(text: string): string {
  return text.endsWith('+00') ? `${text.slice(0, -3).replace(' ', 'T')}Z` : text;
}

const number = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** How an element stands in the JSON text; a number keeps every digit. */
function elementJson(array: { readonly element: ColumnType }): (text: string) => string {
  const { element } = array;
  switch (element.kind) {
    case 'boolean':
      return (text) => (text === 't' ? 'true' : 'false');
    case 'integer':
    case 'decimal':
    case 'float':
      return (text) => (number.test(text) ? text : JSON.stringify(text));
    case 'json':
      return (text) => text;
    case 'bytes':
      return (text) => JSON.stringify(Buffer.from(text.slice(2), 'hex').toString('base64'));
    case 'array':
      return elementJson(element);
    case 'timestamp':
      return (text) => JSON.stringify(timestamp(text));
    case 'timestamptz':
      return (text) => JSON.stringify(timestamptz(text));
    default:
      return JSON.stringify;
  }
}
