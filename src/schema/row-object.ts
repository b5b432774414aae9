import type { PackedRows } from '../model/packed-rows.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type { Value } from '../model/value.ts';

/**
 * One part of a row's event, its key or its value, in a format. Of a packed row it is written behind the rows, in the same buffer: there a
 * copy is one call that makes no object. Both ways give the same bytes, and refuse the same rows: LIB211.
 */
export interface RowObject {
  /** What has to lie behind the rows for `write`. */
  readonly leads: Buffer;
  /** The most bytes that the row's object takes, what is not plain left out. */
  most(rows: PackedRows, row: number): number;
  /** `leads`: where they have been put. Where writing goes on. */
  write(rows: PackedRows, row: number, leads: number, from: number): number;
  writeValues(values: readonly Value[], into: RecordBatch): void;
}
