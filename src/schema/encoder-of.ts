import type { KeyFormat, SchemaIds } from '../model/format.ts';
import { avroFields } from './avro/writer.ts';
import { frameOf, isFramed, withoutId } from './binary/frame.ts';
import { BinaryObject } from './binary/object.ts';
import { connectSchemaOf } from './connect/schema.ts';
import { connectSlots } from './connect/value.ts';
import type { Encoder, EventSchema } from './encoder.ts';
import { type BeforeWriter, beforeWriter } from './envelope/before.ts';
import { envelopeEncoder } from './envelope/encoder.ts';
import { envelopeFormOf, refuseMisfit } from './envelope/form-of.ts';
import { noOrigin } from './envelope/origin.ts';
import type { EventField } from './event-model.ts';
import { type Around, bare, JsonObject } from './json/packed.ts';
import { slotsOf } from './json/slot.ts';
import { partOf } from './part-writer.ts';
import { protobufFields } from './protobuf/writer.ts';
import { rowEncoder } from './row-encoder.ts';
import type { RowObject } from './row-object.ts';
import type { StreamSchema } from './stream-schema.ts';
import { StringKey } from './string-key.ts';

/** Events as a stream's schema says. `columns`: the names behind the values of a row, in order. LIB108 of a key that its format does not take. */
export function encoderOf(
  schema: EventSchema,
  stream: StreamSchema,
  columns: readonly string[],
  ids: SchemaIds,
  origin = noOrigin,
): Encoder {
  const { model, format, keyFormat, envelope } = stream;
  const keyed = model.key.length > 0;
  refuseMisfit(envelope, format, keyed ? keyFormat : null);
  // A key that its format does not take is refused before any registry is asked.
  const keyOf = (frame: Buffer): RowObject | null =>
    keyed ? objectOf(keyFormat, { topic: model.name, part: 'Key', fields: model.key, columns }, frame) : null;
  if ((keyed && lacksId(keyFormat, ids.key)) || lacksId(format, ids.value)) {
    keyOf(Buffer.alloc(0));
    return unregistered(schema, format, keyFormat);
  }
  const frame = frameOf(format, ids.value);
  const key = keyed ? keyOf(frameOf(keyFormat, ids.key)) : null;
  const value: Part = { topic: model.name, part: 'Value', fields: model.fields, columns };
  if (envelope === 'none') return rowEncoder(schema, key, objectOf(format, value, frame));
  // With its attributes in headers, the value is what it is without them.
  const row = envelope === 'cloudevents' ? objectOf(format, value, frame) : bareObjectOf(format, value);
  const form = envelopeFormOf({ envelope, format, origin, frame, model, before: beforeOf(stream) });
  return envelopeEncoder(schema, key === null ? null : partOf(key), partOf(row), form);
}

/** null: where there is no key, no row is told to be gone. */
function beforeOf({ model: { name: topic, key: fields }, format, keyFormat }: StreamSchema): BeforeWriter | null {
  if (fields.length === 0) return null;
  const columns = fields.map(({ column }) => column);
  return beforeWriter(keyFormat, format, fields, bareObjectOf(format, { topic, part: 'Key', fields, columns }));
}

const lacksId = (format: KeyFormat, id: number | null): boolean => isFramed(format) && id === null;

/** What a part of an event is made of. */
export interface Part {
  readonly topic: string;
  readonly part: 'Key' | 'Value';
  readonly fields: readonly EventField[];
  /** The names behind the values of a row, in order. */
  readonly columns: readonly string[];
}

/** A part of an event in a format. `frame`: what stands before it. */
export function objectOf(format: KeyFormat, { topic, part, fields, columns }: Part, frame: Buffer): RowObject {
  switch (format) {
    case 'string':
      return new StringKey(fields, columns);
    case 'json':
    case 'json-schema':
      return new JsonObject(slotsOf(fields, columns), { before: frame, braces: 0 });
    case 'connect':
      return new JsonObject(connectSlots(fields, columns), connectAround(topic, part, fields));
    case 'avro':
      return new BinaryObject(avroFields(fields, columns), frame);
    case 'protobuf':
      return new BinaryObject(protobufFields(fields, columns), frame);
    default:
      return format satisfies never;
  }
}

/** The row alone, to stand in an envelope. */
const bareObjectOf = (format: KeyFormat, part: Part): RowObject =>
  format === 'connect' ? new JsonObject(connectSlots(part.fields, part.columns), bare) : objectOf(format, part, Buffer.alloc(0));

/** The schema is the same in every event, and stands there ready. */
const connectAround = (topic: string, part: 'Key' | 'Value', fields: readonly EventField[]): Around => ({
  before: Buffer.from(`{"schema":${JSON.stringify(connectSchemaOf(topic, part, fields))},"payload":`),
  braces: 1,
});

/** Of a plan that no registry has seen yet: it can be looked at, and publishes nothing. */
function unregistered(schema: EventSchema, format: KeyFormat, keyFormat: KeyFormat): Encoder {
  const refuse = (): never => {
    throw withoutId(isFramed(format) ? format : keyFormat);
  };
  return { schema, append: refuse, bury: refuse };
}
