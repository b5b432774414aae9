import type { Column, ColumnFacts, ColumnType } from '../model/column.ts';
import type { EventSchema, Field } from './encoder.ts';

/** A field of an event, as plain data: what a consumer may know of it. */
export interface EventField {
  /** As it is published. */
  readonly name: string;
  /** As the database has it. */
  readonly column: string;
  readonly type: ColumnType;
  /** The database's own name of the type. */
  readonly native: string;
  readonly nullable: boolean;
  readonly key: boolean;
  readonly cursor: boolean;
  /** Size, precision and scale, length, labels, comment and default, as far as the database tells them. */
  readonly facts: ColumnFacts;
  /** Of a Protobuf value, where it is not that of its place. */
  readonly number?: number;
}

/** The schema of a stream's events. From it every document is made: JSON Schema, Avro, Protobuf. */
export interface EventModel {
  /** The topic's name. */
  readonly name: string;
  readonly fields: readonly EventField[];
  /** In the order of the key; empty: events have none. */
  readonly key: readonly EventField[];
  /** The schema id in the headers. */
  readonly fingerprint: string;
  /** Numbers of Protobuf fields that were there once. */
  readonly retired?: readonly number[];
}

export function eventModel(name: string, { fields, key, fingerprint }: EventSchema, cursor: readonly Column[]): EventModel {
  const isKey = new Set(key.map(({ column }) => column.name));
  const isCursor = new Set(cursor.map((column) => column.name));
  const modelled = ({ name: published, column }: Field): EventField => ({
    name: published,
    column: column.name,
    type: column.type,
    native: column.native,
    // A NULL in the key is refused.
    nullable: column.nullable && !isKey.has(column.name),
    key: isKey.has(column.name),
    cursor: isCursor.has(column.name),
    facts: column.facts ?? {},
  });
  return { name, fields: fields.map(modelled), key: key.map(modelled), fingerprint };
}
