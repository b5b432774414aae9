import { LiberateError } from '../../kit/errors.ts';
import type { Column } from '../../model/column.ts';
import type { Micros } from '../../model/watermark.ts';
import type { Bind, Flavour } from '../../query/flavour.ts';

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * The type that a mark is cast to. Where a type has a wider form of the same order, it is the wider
 * one: `timestamp(0)` would round another column's mark in a COALESCE list, and `integer` refuse it.
 */
function castType({ type, native }: Column): string {
  switch (type.kind) {
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return type.kind;
    case 'decimal':
      return 'numeric';
    case 'integer':
      return native === 'smallint' || native === 'integer' ? 'bigint' : native;
    default:
      return native.replace(/^(character varying|time|interval)\(\d+\)/, '$1');
  }
}

/** Microseconds since 1970 → `2026-01-01T10:00:00.123456Z`, without a float on the way. */
export function instantText(micros: Micros): string {
  const million = 1_000_000n;
  const fraction = ((micros % million) + million) % million;
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`;
}

/** A row carries the lower 32 bits of its transaction's number, of which the first three are no transaction's. */
export function xidText(full: bigint): string {
  const low = full & 0xffff_ffffn;
  return String(low < 3n ? 3n : low);
}

/** What the driver is given for a bind. */
export function bindText(bind: Bind): string {
  return bind.kind === 'mark' ? bind.text : instantText(bind.micros);
}

/** `zone`: of stamps without one. */
export function flavourOf(zone: string): Flavour {
  /**
   * A lower bound of every local time from the instant on. The clock that is set back repeats an hour:
   * what is written in the second pass has local times before those of the instant's own.
   */
  const local = (instant: string): string => {
    const at = (moment: string): string => `(${moment} AT TIME ZONE ${literal(zone)})`;
    return `LEAST(${at(instant)}, ${at(`(${instant} + interval '1 hour')`)} - interval '1 hour')`;
  };
  const instant = (column: Column, position: number): string => {
    const text = `$${position}::timestamptz`;
    if (column.type.kind === 'timestamptz') return text;
    if (column.type.kind === 'timestamp') return local(text);
    if (column.type.kind === 'date') return `(${local(text)}::date - 1)`;
    throw new LiberateError('LIB208', `a ${column.native} column tells no time`, { place: { column: column.name } });
  };
  return {
    quote,
    table: ({ schema, name }) => (schema === null ? quote(name) : `${quote(schema)}.${quote(name)}`),
    bind: (bind, position) => (bind.kind === 'instant' ? instant(bind.column, position) : `$${position}::${castType(bind.column)}`),
    least: (a, b) => `LEAST(${a}, ${b})`,
    lowest: (column) => `'${extreme(column)[0]}'::${castType(column)}`,
    highest: (column) => `'${extreme(column)[1]}'::${castType(column)}`,
    select: (expression) => expression,
    // age() counts back from the next number, round the 32 bits, and holds the special numbers for older than all.
    fresh: (row, { table, below }, bind) =>
      `age(${row}.xmin) <= age(${bind(xidText(below), 'xid')}) OR ${row}.tableoid <> ${bind(table, 'oid')}`,
    marks: (expression, { type }) => {
      if (type.kind === 'boolean') return expression;
      return isNumber(type) ? `${expression} <> 0` : `${expression} IS NOT NULL`;
    },
    rowComparison: true,
    lexis: 'standard',
  };
}

const isNumber = ({ kind }: Column['type']): boolean => kind === 'integer' || kind === 'decimal' || kind === 'float';

/** Texts below and above every value of the column's type. */
function extreme({ type, native }: Column): readonly [string, string] {
  switch (type.kind) {
    case 'integer':
      if (native === 'oid') return ['0', '4294967295'];
      if (native === 'xid8') return ['0', '18446744073709551615'];
      return ['-9223372036854775808', '9223372036854775807'];
    case 'decimal':
      // Before PostgreSQL 14 there is no -Infinity; NaN sorts above all.
      return ['-1e131071', 'NaN'];
    case 'uuid':
      return ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
    case 'time':
      return ['00:00:00', '24:00:00'];
    case 'float':
      return ['-Infinity', 'NaN'];
    default:
      return ['-infinity', 'infinity'];
  }
}
