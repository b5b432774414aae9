import type { KeyFormat, SchemaIds } from '../model/format.ts';
import type { Encoder, EventSchema, Field } from './encoder.ts';
import type { EventField } from './event-model.ts';
import { frameOf, isFramed } from './frame.ts';
import { jsonEncoder } from './json-encoder.ts';
import { jsonPart } from './json-part.ts';
import { behind, eventsOf, type PartWriter } from './part-writer.ts';
import { slotsOf } from './slot.ts';
import type { StreamSchema } from './stream-schema.ts';
import { stringKey } from './string-key.ts';

/** Events as a stream's schema says. `columns`: the names behind the values of a row, in order. LIB108 of a key that its format does not take. */
export function encoderOf(schema: EventSchema, stream: StreamSchema, columns: readonly string[], ids: SchemaIds): Encoder {
  const { model, format, keyFormat } = stream;
  const keyed = schema.key.length > 0;
  const key = keyed ? partOf(keyFormat, model.key, schema.key, columns) : null;
  const value = partOf(format, model.fields, schema.fields, columns);
  if ((keyed && lacksId(keyFormat, ids.key)) || lacksId(format, ids.value)) return unregistered(schema, stream, ids);
  if (isJson(format) && (!keyed || isJson(keyFormat))) {
    const around = (of: KeyFormat, id: number | null) => ({ before: frameOf(of, id), braces: 0 });
    return jsonEncoder(schema, columns, { key: around(keyed ? keyFormat : 'json', ids.key), value: around(format, ids.value) });
  }
  return eventsOf(schema, key === null ? null : framed(key, keyFormat, ids.key), framed(value, format, ids.value));
}

/** Both parts are written in one piece. */
const isJson = (format: KeyFormat): boolean => format === 'json' || format === 'json-schema';
const lacksId = (format: KeyFormat, id: number | null): boolean => isFramed(format) && id === null;

function framed(part: PartWriter, format: KeyFormat, id: number | null): PartWriter {
  return isFramed(format) ? behind(frameOf(format, id), part) : part;
}

/** A part of an event in a format, without the frame of a registry. */
export function partOf(format: KeyFormat, fields: readonly EventField[], of: readonly Field[], columns: readonly string[]): PartWriter {
  switch (format) {
    case 'string':
      return stringKey(fields, columns);
    case 'json':
    case 'json-schema':
    case 'connect':
    case 'avro':
    case 'protobuf':
      return jsonPart(slotsOf(of, columns));
    default:
      return format satisfies never;
  }
}

/** Of a plan that no registry has seen yet: it can be looked at, and publishes nothing. */
function unregistered(schema: EventSchema, { format, keyFormat }: StreamSchema, ids: SchemaIds): Encoder {
  const refuse = (): never => {
    if (schema.key.length > 0) frameOf(keyFormat, ids.key);
    frameOf(format, ids.value);
    throw new Error('unreachable: both schemas have their numbers');
  };
  return { schema, append: refuse, bury: refuse };
}
