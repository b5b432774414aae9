import type { Envelope } from '../../model/format.ts';
import type { SchemaDocument } from '../../model/schema-document.ts';
import { avroSchemaOf } from '../avro/schema.ts';
import type { EventModel } from '../event-model.ts';
import type { JsonSchema } from '../json/schema.ts';
import { namespaceOf } from '../names.ts';
import { debeziumAvroSchema } from './debezium-avro.ts';
import { debeziumMessages } from './debezium-protobuf.ts';

const text = { type: 'string' };
const time = { type: 'integer' };
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });

/** The document of a value that stands in an envelope; `row`: that of the row alone. */
export function envelopedDocument(envelope: Envelope, model: EventModel, row: SchemaDocument): SchemaDocument {
  if (envelope === 'none' || envelope === 'cloudevents') return row;
  const record = `${namespaceOf(model.name)}.${envelope === 'debezium' ? 'Envelope' : 'CloudEvent'}`;
  switch (row.type) {
    case 'AVRO':
      return {
        type: 'AVRO',
        text: JSON.stringify(debeziumAvroSchema(model.name, avroSchemaOf(model.name, 'Value', model.fields))),
        record,
      };
    case 'PROTOBUF':
      return { type: 'PROTOBUF', text: row.text.replace('message Value {', `${debeziumMessages}message Value {`), record };
    case 'JSON': {
      const { $schema, ...inner } = JSON.parse(row.text) as JsonSchema;
      const around = envelope === 'debezium' ? debeziumJsonSchema(inner) : cloudEventJsonSchema(inner);
      return { type: 'JSON', text: JSON.stringify({ $schema, title: record, ...around }), record };
    }
    default:
      return row.type satisfies never;
  }
}

function debeziumJsonSchema(row: JsonSchema): JsonSchema {
  const names = ['version', 'connector', 'name', 'snapshot', 'db', 'schema', 'table'];
  const times = { ts_ms: time, ts_us: time, ts_ns: time };
  const source = { type: 'object', properties: { ...Object.fromEntries(names.map((name) => [name, text])), ...times }, required: names };
  return {
    type: 'object',
    properties: { before: { type: ['object', 'null'] }, after: orNull(row), source, op: { enum: ['c', 'u', 'r', 'd'] }, ...times },
    required: ['before', 'after', 'source', 'op', 'ts_ms'],
  };
}

function cloudEventJsonSchema(row: JsonSchema): JsonSchema {
  const names = ['specversion', 'id', 'source', 'type', 'time', 'subject', 'datacontenttype'];
  return {
    type: 'object',
    properties: { ...Object.fromEntries(names.map((name) => [name, text])), data: row },
    required: names.slice(0, 4),
  };
}
