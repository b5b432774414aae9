import type { PackedRows } from '../model/packed-rows.ts';
import type { RowBatch } from '../model/row.ts';
import type { Watermark } from '../model/watermark.ts';
import { type Layout, positionOf, type RawRows } from './batches.ts';

const one = 0x31;

/** A field's mark text where it is not the field's own; null: it is. */
export type MarkOf = (row: number, field: number) => string | null;

const asItIs: MarkOf = () => null;

/** Rows as the server's bytes. A class: an object made with its own functions, for each batch, has V8 compile whoever meets it each time. */
export class PackedRaws implements RawRows {
  readonly count: number;
  readonly #packed: PackedRows;
  readonly #markOf: MarkOf;

  constructor(packed: PackedRows, markOf: MarkOf = asItIs) {
    this.count = packed.count;
    this.#packed = packed;
    this.#markOf = markOf;
  }

  isNull(row: number, field: number): boolean {
    return this.#packed.isNull(row, field);
  }

  mark(row: number, field: number): string {
    return this.#markOf(row, field) ?? this.#packed.text(row, field) ?? '';
  }

  same(row: number, other: number, field: number): boolean {
    return this.#packed.same(row, other, field);
  }

  batch(count: number, layout: Layout, safe: Watermark | null, confirm: RowBatch['confirm']): RowBatch {
    const packed = this.#packed;
    const flag = (row: number, field: number): boolean => packed.bytes[packed.bounds[(row * packed.width + field) * 2] as number] === one;
    return {
      count,
      safe,
      packed,
      values: (at) => packed.forms.map((_, field) => packed.value(at, field)),
      position: (at) => positionOf(this, at, layout),
      lead: (at) => this.mark(at, layout.positionAt[0] as number),
      ahead: (at) => layout.aheadAt === null || flag(at, layout.aheadAt),
      recent: (at) => layout.recentAt !== null && flag(at, layout.recentAt),
      deleted: (at) => layout.deletedAt !== null && flag(at, layout.deletedAt),
      confirm,
    };
  }
}
