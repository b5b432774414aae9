import type { Form } from '../../model/packed-rows.ts';
import type { EventField } from '../event-model.ts';
import { type PackedJson, packedJson } from './bytes.ts';
import { type JsonWriter, jsonWriter } from './value.ts';

/** A field of a JSON object that is written. */
export interface Slot {
  /** The column's name in the database. */
  readonly column: string;
  /** `{"id":` for the first field, `,"name":` for the others. */
  readonly lead: string;
  /** The column's place among the values of a row. */
  readonly at: number;
  /** Of the server's bytes; null: by way of the value. */
  readonly packed: (form: Form) => PackedJson | null;
  readonly write: JsonWriter;
}

export const leadOf = (name: string, index: number): string => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`;

/** Compiled once: names are escaped and writers chosen here. `columns`: the names behind the values of a row, in order. */
export const slotsOf = (fields: readonly Pick<EventField, 'name' | 'column' | 'type'>[], columns: readonly string[]): readonly Slot[] =>
  fields.map(({ name, column, type }, index) => ({
    column,
    lead: leadOf(name, index),
    at: columns.indexOf(column),
    packed: (form) => packedJson(type, form),
    write: jsonWriter(type),
  }));
