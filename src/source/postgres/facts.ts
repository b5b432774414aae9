import type { ColumnFacts } from '../../model/column.ts';
import type { PgType } from './types.ts';

const numbers: Readonly<Record<string, ColumnFacts>> = {
  smallint: { bits: 16 },
  integer: { bits: 32 },
  bigint: { bits: 64 },
  oid: { bits: 32, unsigned: true },
  xid8: { bits: 64, unsigned: true },
  real: { bits: 32 },
  'double precision': { bits: 64 },
};

/** What the type's name tells, as format_type prints it: `numeric(10,2)`, `timestamp(3) with time zone`, `character varying(20)[]`. */
export function factsOfName(native: string): ColumnFacts {
  const name = native.replace(/(\[\])+$/, '');
  const known = numbers[name];
  if (known !== undefined) return known;
  const [, word = '', first, second] = /^([a-z ]+?)(?: ?\((\d+)(?:,(-?\d+))?\))?(?: with(?:out)? time zone)?$/.exec(name) ?? [];
  switch (word) {
    case 'numeric':
      return first === undefined ? {} : { precision: Number(first), scale: Number(second ?? 0) };
    case 'character varying':
    case 'character':
    case 'bit varying':
    case 'bit':
      return first === undefined ? {} : { length: Number(first) };
    case 'time':
      return { scale: Number(first ?? 6), ...(name.includes('without') ? { daytime: true } : {}) };
    case 'timestamp':
    case 'interval':
      return { scale: Number(first ?? 6) };
    default:
      return {};
  }
}

/** What a type is, told by the type below a domain or an array, and by the catalogue. */
export function factsOfType(oid: string, native: string, types: ReadonlyMap<string, PgType>): ColumnFacts {
  const type = types.get(oid);
  if (type?.base) return factsOfType(type.base, type.baseNative ?? native, types);
  if (type?.element) return factsOfType(type.element, native.replace(/(\[\])+$/, ''), types);
  return {
    ...factsOfName(native),
    ...(type === undefined || type.labels.length === 0 ? {} : { labels: type.labels }),
    ...(type === undefined || type.parts.length === 0 ? {} : { parts: type.parts }),
  };
}
