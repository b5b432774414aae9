import type { PackedRows } from '../model/packed-rows.ts';
import type { RowBatch } from '../model/row.ts';
import { positionOf, type RawRows } from './batches.ts';

const one = 0x31;

/** Rows as the server's bytes. `mark`: an ordering field's mark text, where it is not the field's own text. */
export function packedRows(packed: PackedRows, mark: (row: number, field: number) => string | null = noOther): RawRows {
  const raws: Omit<RawRows, 'batch'> = {
    count: packed.count,
    isNull: (row, field) => packed.isNull(row, field),
    mark: (row, field) => mark(row, field) ?? packed.text(row, field) ?? '',
    same: (row, other, field) => packed.same(row, other, field),
  };
  const flag = (row: number, field: number): boolean => packed.bytes[packed.bounds[(row * packed.width + field) * 2] as number] === one;
  return {
    ...raws,
    batch: (count, layout, safe): RowBatch => ({
      count,
      safe,
      packed,
      values: (at) => packed.forms.map((_, field) => packed.value(at, field)),
      position: (at) => positionOf(raws, at, layout),
      lead: (at) => raws.mark(at, layout.positionAt[0] as number),
      ahead: (at) => layout.aheadAt === null || flag(at, layout.aheadAt),
      recent: (at) => layout.recentAt !== null && flag(at, layout.recentAt),
      deleted: (at) => layout.deletedAt !== null && flag(at, layout.deletedAt),
    }),
  };
}

const noOther = (): null => null;
