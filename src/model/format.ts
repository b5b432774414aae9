/** How the value of an event is written. The last three go with a schema registry. */
export type Format = 'json' | 'connect' | 'json-schema' | 'avro' | 'protobuf';

/** How its key is written; `string`: the bare text of a key of one column. */
export type KeyFormat = Format | 'string';

/** What stands around the row in the value: nothing, Debezium's change event, CloudEvents with its attributes in headers or in the value. */
export type Envelope = 'none' | 'debezium' | 'cloudevents' | 'cloudevents-structured';

/** Who must go on working when the schema changes: consumers of the next schema with old events, those of the last one with new events, or both. */
export type Compatibility = 'none' | 'backward' | 'backward-transitive' | 'forward' | 'forward-transitive' | 'full' | 'full-transitive';

/** What a change of the schema that breaks consumers does: the job stops before any row, or goes on afresh in the topic's next version. */
export type OnSchemaChange = 'stop' | 'newTopic';

/** Protobuf's numbers of a value's fields, by the names that are published. */
export interface FieldNumbers {
  readonly of: Readonly<Record<string, number>>;
  /** Those of fields that are gone: what was written by them must not be read as something else. */
  readonly retired: readonly number[];
}

/** The numbers under which a registry knows the schemas of a stream; null: it does not need one. */
export interface SchemaIds {
  readonly key: number | null;
  readonly value: number | null;
  /** Where they are not those of the fields' places. */
  readonly fields?: FieldNumbers;
}

export const noSchemaIds: SchemaIds = { key: null, value: null };
