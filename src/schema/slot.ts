import type { ColumnType } from '../model/column.ts';
import type { JsonWriter } from './json-value.ts';

/** A field of a JSON object that is written. */
export interface Slot {
  /** The column's name in the database. */
  readonly column: string;
  /** `{"id":` for the first field, `,"name":` for the others. */
  readonly lead: string;
  /** The column's place among the values of a row. */
  readonly at: number;
  readonly type: ColumnType;
  readonly write: JsonWriter;
}
