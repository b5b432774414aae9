import type { KeyFormat } from '../model/format.ts';
import type { Job } from '../model/job.ts';
import type { SchemaDocument } from '../model/schema-document.ts';
import { avroSchemaOf } from './avro/schema.ts';
import { envelopedDocument } from './envelope/document.ts';
import type { EventField, EventModel } from './event-model.ts';
import { jsonKeySchemaOf, jsonSchemaOf } from './json/schema.ts';
import { namespaceOf } from './names.ts';
import { protobufOf } from './protobuf/schema.ts';
import type { StreamSchema } from './stream-schema.ts';

/** What consumers are told of a job's events. */
export function streamSchemaOf(
  model: EventModel,
  { format, keyFormat, envelope }: Pick<Job, 'format' | 'keyFormat' | 'envelope'>,
): StreamSchema {
  const row = documentOf(format, model, 'Value');
  return {
    model,
    format,
    keyFormat,
    envelope,
    key: model.key.length === 0 ? null : documentOf(keyFormat, model, 'Key'),
    value: row === null ? null : envelopedDocument(envelope, model, row),
  };
}

/** Of the key or of the value; null where the format has no schema in a registry. */
export function documentOf(format: KeyFormat, model: EventModel, part: 'Key' | 'Value'): SchemaDocument | null {
  const fields: readonly EventField[] = part === 'Key' ? model.key : model.fields;
  const record = `${namespaceOf(model.name)}.${part}`;
  switch (format) {
    case 'json-schema':
      return {
        type: 'JSON',
        text: JSON.stringify(part === 'Key' ? jsonKeySchemaOf(record, fields) : jsonSchemaOf(record, fields)),
        record,
      };
    case 'avro':
      return { type: 'AVRO', text: JSON.stringify(avroSchemaOf(model.name, part, fields)), record };
    case 'protobuf':
      return { type: 'PROTOBUF', text: protobufOf(model.name, part, fields, model.retired), record };
    case 'json':
    case 'connect':
    case 'string':
      return null;
    default:
      return format satisfies never;
  }
}
