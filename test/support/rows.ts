import { type FieldForm, PackedRows } from '../../src/model/packed-rows.ts';
import type { OutboundRecord } from '../../src/model/record.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import { batchOfRows, type RowBatch } from '../../src/model/row.ts';
import type { Value } from '../../src/model/value.ts';
import type { Encoder } from '../../src/schema/encoder.ts';

/** One row of values. */
export const oneRow = (values: readonly Value[]): RowBatch => batchOfRows([{ values, position: [], ahead: true, recent: false }], null);

/** Rows as a server's bytes; a field is text, bytes, or NULL. */
export function packedRowsOf(rows: readonly (readonly (string | Uint8Array | null)[])[], forms: readonly FieldForm[]): RowBatch {
  const packed = new PackedRows(forms, forms.length);
  for (const fields of rows) {
    const places = fields.map((field) => {
      if (field === null) return [-1, -1];
      const bytes = Buffer.from(field);
      const from = packed.append(bytes, 0, bytes.length);
      return [from, from + bytes.length];
    });
    const at = packed.row();
    packed.bounds.set(places.flat(), at);
  }
  const values = (at: number): readonly Value[] => forms.map((_, field) => packed.value(at, field));
  return { ...batchOfRows([], null), count: rows.length, packed, values, ahead: () => true, recent: () => false, deleted: () => false };
}

/** The event of a row. */
export function eventOf(encoder: Encoder, rows: RowBatch, at = 0): OutboundRecord {
  const batch = new RecordBatch({}, 16);
  encoder.append(rows, at, 0, batch);
  return batch.record(0);
}

/** Key and value of an event, as text. */
export function textsOf(encoder: Encoder, rows: RowBatch, at = 0): readonly [key: string | null, value: string | null] {
  const { key, value } = eventOf(encoder, rows, at);
  return [key === null ? null : key.toString(), value === null ? null : value.toString()];
}
