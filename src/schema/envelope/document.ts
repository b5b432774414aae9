import type { Envelope } from '../../model/format.ts';
import type { SchemaDocument } from '../../model/schema-document.ts';
import type { EventModel } from '../event-model.ts';
import { type JsonSchema, jsonKeySchemaOf } from '../json/schema.ts';
import { namespaceOf } from '../names.ts';
import { protobufOf } from '../protobuf/schema.ts';
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
        text: JSON.stringify(debeziumAvroSchema(model)),
        record,
      };
    case 'PROTOBUF':
      return { type: 'PROTOBUF', text: debeziumProtobufOf(model, row.text), record };
    case 'JSON': {
      const { $schema, ...inner } = JSON.parse(row.text) as JsonSchema;
      const around = envelope === 'debezium' ? debeziumJsonSchema(inner, model) : cloudEventJsonSchema(inner);
      return { type: 'JSON', text: JSON.stringify({ $schema, title: record, ...around }), record };
    }
    default:
      return row.type satisfies never;
  }
}

const imported = /^import .*\n/m;
const keyMessage = /^message Key [\s\S]*^\}$/m;

/** `row`: the document of the row alone. */
function debeziumProtobufOf({ name, key }: EventModel, row: string): string {
  const keyed = key.length === 0 ? '' : protobufOf(name, 'Key', key);
  const before = keyMessage.exec(keyed)?.[0].replace('message Key ', 'message Before ').split('\n') ?? [];
  // A key that the value leaves out may need what the value does not.
  const needed = imported.test(row) ? '' : (imported.exec(keyed)?.[0] ?? '');
  return row.replace('message Value {', () => `${needed === '' ? '' : `${needed}\n`}${debeziumMessages(before)}message Value {`);
}

function debeziumJsonSchema(row: JsonSchema, { key }: EventModel): JsonSchema {
  const { type, properties, required } = jsonKeySchemaOf('', key);
  const before = key.length === 0 ? { type: 'null' } : orNull({ type, properties, required });
  const names = ['version', 'connector', 'name', 'snapshot', 'db', 'schema', 'table'];
  const times = { ts_ms: time, ts_us: time, ts_ns: time };
  const source = { type: 'object', properties: { ...Object.fromEntries(names.map((name) => [name, text])), ...times }, required: names };
  return {
    type: 'object',
    properties: { before, after: orNull(row), source, op: { enum: ['c', 'u', 'r', 'd'] }, ...times },
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
