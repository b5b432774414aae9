import type { Column, ColumnType } from '../../model/column.ts';
import type { FieldForm, Form } from '../../model/packed-rows.ts';
import type { Value } from '../../model/value.ts';

/**
 * The first word of a native type → kind. TINYINT(1) stays a number: MySQL has no other boolean than a
 * convention, and such columns hold 2 as well. BIT(1) is a boolean, a wider BIT is its bytes.
 * What is not here is `text`: the server's own text.
 */
const byName: Readonly<Record<string, ColumnType['kind']>> = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  year: 'integer',
  decimal: 'decimal',
  float: 'float',
  double: 'float',
  bit: 'bytes',
  binary: 'bytes',
  varbinary: 'bytes',
  tinyblob: 'bytes',
  blob: 'bytes',
  mediumblob: 'bytes',
  longblob: 'bytes',
  vector: 'bytes',
  // As the server stores it: four bytes of SRID, then WKB.
  geometry: 'bytes',
  point: 'bytes',
  linestring: 'bytes',
  polygon: 'bytes',
  multipoint: 'bytes',
  multilinestring: 'bytes',
  multipolygon: 'bytes',
  geometrycollection: 'bytes',
  geomcollection: 'bytes',
  date: 'date',
  time: 'time',
  datetime: 'timestamp',
  timestamp: 'timestamptz',
  json: 'json',
  uuid: 'uuid',
};

/** `bigint(20) unsigned` → `bigint` */
export const baseOf = (native: string): string => /^[a-z0-9]*/.exec(native)?.[0] ?? '';

/** `enum('a','it''s')` → its members. */
export function membersOf(native: string): readonly string[] | null {
  if (!/^(enum|set)\(/.test(native)) return null;
  return [...native.matchAll(/'((?:[^']|'')*)'/g)].map((match) => (match[1] as string).replaceAll("''", "'"));
}

const spatial = /^(geom|point|linestring|polygon|multi)/;

/** Values that no condition can continue from: they have no order, or another one in ORDER BY than in a comparison. */
export function orderless(native: string): boolean {
  if (native === 'enum' || native === 'set') return true;
  return native === 'json' || native.startsWith('vector') || spatial.test(native);
}

/** `json`: the column has MariaDB's check that stands for the type. */
export function columnType(native: string, json: boolean): ColumnType {
  if (json) return { kind: 'json' };
  if (native === 'bit(1)') return { kind: 'boolean' };
  return { kind: byName[baseOf(native)] ?? 'text' } as ColumnType;
}

/** Whether a column's fields are to be read as bytes; all others are text. */
export const isBinary = ({ type, native }: Column): boolean => type.kind === 'bytes' || baseOf(native) === 'bit';

/** The server's field → the canonical form of model/value.ts; null where they are the same. */
export function decoder({ type, native }: Column): ((text: string) => Value) | null {
  switch (type.kind) {
    case 'integer':
      return /zerofill|^year/.test(native) ? unpadded : null;
    case 'decimal':
      return native.includes('zerofill') ? unpadded : null;
    case 'float':
      return baseOf(native) === 'float' ? shortest : null;
    case 'timestamp':
      return (text) => stamp(text, '');
    case 'timestamptz':
      return (text) => stamp(text, 'Z');
    default:
      return null;
  }
}

export const formsOf = (columns: readonly Column[]): readonly FieldForm[] =>
  columns.map((column) => {
    const decode = decoder(column);
    return { form: formOf(column, decode !== null), decode };
  });

function formOf(column: Column, decoded: boolean): Form {
  switch (column.type.kind) {
    case 'boolean':
      return 'bit';
    case 'bytes':
      return 'bytes';
    case 'timestamp':
      return 'spaced';
    case 'timestamptz':
      return 'spaced bare';
    default:
      return decoded ? 'other' : 'same';
  }
}

/** ZEROFILL pads to the display width: `00042`. */
const unpadded = (text: string): string => text.replace(/^0+(?=\d)/, '');

/** A zero date, or a date with a zero in it, is nothing that ISO 8601 could say: it stays as it is. */
function stamp(text: string, zone: string): string {
  if (text.startsWith('00', 5) || text.startsWith('00', 8)) return text;
  return `${text.slice(0, 10)}T${text.slice(11)}${zone}`;
}

/**
 * A FLOAT comes as the double that it equals (`0.10000000149011612`), because the server prints a FLOAT
 * itself with six digits only; the shortest text that is the same FLOAT is `0.1`.
 */
function shortest(text: string): string {
  const exact = Number(text);
  for (let digits = 6; digits < 9; digits += 1) {
    const rounded = Number(exact.toPrecision(digits));
    if (Math.fround(rounded) === exact) return String(rounded);
  }
  return String(Number(exact.toPrecision(9)));
}
