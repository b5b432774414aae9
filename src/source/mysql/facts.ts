import type { ColumnFacts } from '../../model/column.ts';
import { baseOf, membersOf } from './types.ts';

const bits: Readonly<Record<string, number>> = {
  tinyint: 8,
  smallint: 16,
  mediumint: 24,
  int: 32,
  bigint: 64,
  float: 32,
  double: 64,
};

/** What the type's name tells, as information_schema prints it: `int(8) unsigned zerofill`, `decimal(12,2)`, `enum('a','b')`. */
export function factsOf(native: string): ColumnFacts {
  const base = baseOf(native);
  if (base === 'year') return { bits: 16, unsigned: true };
  if (native === 'bit(1)') return {};
  const size = bits[base];
  const unsigned = native.includes(' unsigned') || native.includes(' zerofill');
  if (size !== undefined) return { bits: size, ...(unsigned && base !== 'float' && base !== 'double' ? { unsigned } : {}) };
  const [, first, second] = /\((\d+)(?:,(\d+))?\)/.exec(native) ?? [];
  switch (base) {
    case 'decimal':
      return { precision: Number(first ?? 10), scale: Number(second ?? 0) };
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return first === undefined ? {} : { length: Number(first) };
    case 'bit':
      return { length: Math.ceil(Number(first) / 8) };
    case 'time':
    case 'datetime':
    case 'timestamp':
      return { scale: Number(first ?? 0) };
    case 'enum':
    case 'set': {
      const labels = membersOf(native);
      return labels === null ? {} : { labels };
    }
    default:
      return {};
  }
}
