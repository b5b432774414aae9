import type { StreamSchema } from '../../src/schema/stream-schema.ts';
import { readAvro } from './avro.ts';
import type { Normal } from './normal.ts';

type Reader = (stream: StreamSchema, event: Buffer) => Readonly<Record<string, Normal>>;

/** What readers of other hands find in an event, by its schema alone. */
export const readers: Readonly<Record<'avro', Reader>> = {
  avro: ({ value, model }, event) => readAvro(value?.text ?? '', model.fields, event),
};
