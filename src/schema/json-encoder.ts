import type { Value } from '../model/value.ts';
import type { Encoder, EventSchema, Field } from './encoder.ts';
import { type JsonWriter, jsonWriter } from './json-value.ts';

interface Slot {
  /** `{"id":` for the first field, `,"name":` for the others. */
  readonly lead: string;
  readonly at: number;
  readonly write: JsonWriter;
}

/** Compiled once: the names are escaped and the writers chosen here, so that a row costs one pass of joins. */
function compile(fields: readonly Field[], columns: readonly string[]): (values: readonly Value[]) => string {
  if (fields.length === 0) return () => '{}';
  const slots = fields.map(
    (field, index): Slot => ({
      lead: `${index === 0 ? '{' : ','}${JSON.stringify(field.name)}:`,
      at: columns.indexOf(field.column.name),
      write: jsonWriter(field.column.type),
    }),
  );
  return (values) => {
    let text = '';
    for (const { lead, at, write } of slots) {
      const value = values[at];
      text += lead + (value === null || value === undefined ? 'null' : write(value));
    }
    return `${text}}`;
  };
}

/** JSON objects with exact numbers for key and value. `columns`: the names behind `values`, in order. */
export function jsonEncoder(schema: EventSchema, columns: readonly string[]): Encoder {
  const value = compile(schema.fields, columns);
  const key = schema.key.length === 0 ? null : compile(schema.key, columns);
  return {
    schema,
    key: (values) => (key === null ? null : Buffer.from(key(values), 'utf8')),
    value: (values) => Buffer.from(value(values), 'utf8'),
  };
}
