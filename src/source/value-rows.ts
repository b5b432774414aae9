import type { RowBatch } from '../model/row.ts';
import type { Value } from '../model/value.ts';
import { positionOf, type RawRows } from './batches.ts';

type Field = NonNullable<Value>;

/** Rows of a driver that gives canonical values. `width`: fields that are values; `mark`: an ordering field's mark text. */
export function valueRows<R extends Field>(rows: readonly (readonly (R | null)[])[], width: number, mark: (field: R) => string): RawRows {
  const field = (row: number, at: number): R | null => (rows[row] as readonly (R | null)[])[at] as R | null;
  const raws: Omit<RawRows, 'batch'> = {
    count: rows.length,
    isNull: (row, at) => field(row, at) === null,
    mark: (row, at) => mark(field(row, at) as R),
    same: (row, other, at) => mark(field(row, at) as R) === mark(field(other, at) as R),
  };
  return {
    ...raws,
    batch: (count, layout, safe): RowBatch => ({
      count,
      safe,
      packed: null,
      values: (at) => valuesOf(rows[at] as readonly Value[], width),
      position: (at) => positionOf(raws, at, layout),
      lead: (at) => raws.mark(at, layout.positionAt[0] as number),
      ahead: (at) => layout.aheadAt === null || isOne(field(at, layout.aheadAt)),
      recent: (at) => layout.recentAt !== null && isOne(field(at, layout.recentAt)),
      deleted: (at) => layout.deletedAt !== null && isOne(field(at, layout.deletedAt)),
    }),
  };
}

const valuesOf = (row: readonly Value[], width: number): readonly Value[] => (row.length === width ? row : row.slice(0, width));

const isOne = (flag: Value): boolean => flag === 1n || flag === 1 || flag === '1';
