import type { Encoder, EventSchema } from '../encoder.ts';
import { rowEncoder } from '../row-encoder.ts';
import { JsonObject } from './packed.ts';
import { slotsOf } from './slot.ts';

/** JSON objects with exact numbers for key and value. `columns`: the names behind the values of a row, in order. */
export function jsonEncoder(schema: EventSchema, columns: readonly string[]): Encoder {
  const object = (fields: EventSchema['fields']): JsonObject =>
    new JsonObject(
      slotsOf(
        fields.map(({ name, column }) => ({ name, column: column.name, type: column.type })),
        columns,
      ),
    );
  return rowEncoder(schema, schema.key.length === 0 ? null : object(schema.key), object(schema.fields));
}
