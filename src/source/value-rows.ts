import type { RowBatch } from '../model/row.ts';
import type { Value } from '../model/value.ts';
import type { Watermark } from '../model/watermark.ts';
import { type Layout, positionOf, type RawRows } from './batches.ts';

type Field = NonNullable<Value>;

/** Rows of a driver that gives canonical values; a class, as PackedRaws is. */
export class ValueRaws<R extends Field> implements RawRows {
  readonly count: number;
  readonly #rows: readonly (readonly (R | null)[])[];
  readonly #width: number;
  readonly #markOf: (field: R) => string;

  /** `width`: fields that are values; `markOf`: an ordering field's mark text. */
  constructor(rows: readonly (readonly (R | null)[])[], width: number, markOf: (field: R) => string) {
    this.count = rows.length;
    this.#rows = rows;
    this.#width = width;
    this.#markOf = markOf;
  }

  isNull(row: number, field: number): boolean {
    return this.#field(row, field) === null;
  }

  mark(row: number, field: number): string {
    return this.#markOf(this.#field(row, field) as R);
  }

  same(row: number, other: number, field: number): boolean {
    return this.mark(row, field) === this.mark(other, field);
  }

  batch(count: number, layout: Layout, safe: Watermark | null, confirm: RowBatch['confirm']): RowBatch {
    const [rows, width] = [this.#rows, this.#width];
    return {
      count,
      safe,
      packed: null,
      values: (at) => valuesOf(rows[at] as readonly Value[], width),
      position: (at) => positionOf(this, at, layout),
      lead: (at) => this.mark(at, layout.positionAt[0] as number),
      ahead: (at) => layout.aheadAt === null || isOne(this.#field(at, layout.aheadAt)),
      recent: (at) => layout.recentAt !== null && isOne(this.#field(at, layout.recentAt)),
      deleted: (at) => layout.deletedAt !== null && isOne(this.#field(at, layout.deletedAt)),
      confirm,
    };
  }

  #field(row: number, field: number): R | null {
    return (this.#rows[row] as readonly (R | null)[])[field] as R | null;
  }
}

const valuesOf = (row: readonly Value[], width: number): readonly Value[] => (row.length === width ? row : row.slice(0, width));

const isOne = (flag: Value): boolean => flag === 1n || flag === 1 || flag === '1';
