import type { SchemaIds } from '../model/format.ts';
import type { Encoder, EventSchema } from './encoder.ts';
import { jsonEncoder } from './json-encoder.ts';
import type { StreamSchema } from './stream-schema.ts';

/** Events as a stream's schema says. `columns`: the names behind the values of a row, in order. */
export function encoderOf(schema: EventSchema, _stream: StreamSchema, columns: readonly string[], _ids: SchemaIds): Encoder {
  return jsonEncoder(schema, columns);
}
