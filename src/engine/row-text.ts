import { isUtf8 } from 'node:buffer';
import type { Column } from '../model/column.ts';
import type { RowText } from '../model/dead-letter.ts';
import type { PackedRows } from '../model/packed-rows.ts';
import type { RowBatch } from '../model/row.ts';
import type { Value } from '../model/value.ts';
import type { Masker } from '../schema/shape/mask.ts';

const hex = (bytes: Uint8Array): string => `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;

/** What the texts of rows are made by. */
export interface RowTexts {
  readonly columns: readonly Column[];
  /** By column, what hides its text; null: the job masks nothing. */
  readonly masks: readonly (Masker | null)[] | null;
}

/** A field of a row, as exact as its source has given it, or masked. */
export function textAt(rows: RowBatch, at: number, field: number, mask: Masker | null | undefined): string | null {
  if (mask != null) {
    const value = rows.packed === null ? (rows.values(at)[field] ?? null) : rows.packed.value(at, field);
    return value === null ? null : mask(value);
  }
  return rows.packed === null ? valueText(rows.values(at)[field] ?? null) : packedText(rows.packed, at, field);
}

/** A row column by column. */
export const rowText = ({ columns, masks }: Pick<RowTexts, 'columns' | 'masks'>, rows: RowBatch, at: number): RowText =>
  Object.fromEntries(columns.map(({ name }, field) => [name, textAt(rows, at, field, masks?.[field])]));

function packedText(packed: PackedRows, row: number, field: number): string | null {
  if (packed.isNull(row, field)) return null;
  const at = (row * packed.width + field) * 2;
  const bytes = packed.bytes.subarray(packed.bounds[at], packed.bounds[at + 1]);
  const form = packed.forms[field]?.form;
  return form === 'bytes' || form === 'bit' || !isUtf8(bytes) ? hex(bytes) : bytes.toString('utf8');
}

function valueText(value: Value): string | null {
  if (value === null) return null;
  return value instanceof Uint8Array ? hex(value) : String(value);
}
