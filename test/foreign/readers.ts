import type { StreamSchema } from '../../src/schema/stream-schema.ts';
import { readAvro } from './avro.ts';
import { readConnect } from './connect.ts';
import { readJsonSchema } from './json-schema.ts';
import type { Normal } from './normal.ts';
import { readProtobuf } from './protobuf.ts';

type Reader = (stream: StreamSchema, event: Buffer) => Readonly<Record<string, Normal>>;

/** What readers of other hands find in an event, by its schema alone. */
export const readers = {
  avro: ({ value, model }, event) => readAvro(value?.text ?? '', model.fields, event),
  connect: ({ model }, event) => readConnect(model.fields, event),
  'json-schema': ({ value, model }, event) => readJsonSchema(value?.text ?? '', model.fields, event),
  protobuf: ({ value, model }, event) => readProtobuf(value?.text ?? '', model.fields, event),
} as const satisfies Readonly<Record<string, Reader>>;

/** Formats whose events carry a schema. */
export type SchemaFormat = keyof typeof readers;
export const schemaFormats = Object.keys(readers) as readonly SchemaFormat[];
