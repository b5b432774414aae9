import type { Format } from '../../model/format.ts';
import type { EventField } from '../event-model.ts';
import { avroReading } from './reading-avro.ts';
import { connectReading } from './reading-connect.ts';
import { jsonReading } from './reading-json.ts';
import { protobufReading } from './reading-protobuf.ts';

/** What a reader who was told one field makes of values that were written as another. */
export interface Reading {
  /** Why not every value can be read, in a few words; null: each can, as what it was. NULL is another question. */
  unread(reader: EventField, writer: EventField): string | null;
  /** A field that is never null is missing: whether the reader has a value for it that is true. */
  hasDefault(reader: EventField): boolean;
  /** By what name the field is found; the other fields may have a say in it. */
  names(fields: readonly EventField[]): readonly string[];
}

export const readings: { readonly [F in Format]: Reading } = {
  json: jsonReading,
  'json-schema': jsonReading,
  connect: connectReading,
  avro: avroReading,
  protobuf: protobufReading,
};
