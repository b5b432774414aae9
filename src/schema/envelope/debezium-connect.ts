import { type ConnectType, connectSchemaOf } from '../connect/schema.ts';
import type { EventModel } from '../event-model.ts';
import { namespaceOf } from '../names.ts';
import type { AroundJson } from './debezium-json.ts';

type ConnectField = NonNullable<ConnectType['fields']>[number];

const field = (name: string, type: ConnectType['type'], optional = false): ConnectField => ({ type, optional, field: name });
const times = (optional: boolean): readonly ConnectField[] => [
  field('ts_ms', 'int64', optional),
  field('ts_us', 'int64', true),
  field('ts_ns', 'int64', true),
];

/** The schema of Debezium's envelope as Connect's JsonConverter writes it, by the names that Debezium gives. */
export function debeziumConnect(model: EventModel): AroundJson {
  const { name, fields } = connectSchemaOf(model.name, 'Value', model.fields);
  const row = { type: 'struct', fields: fields ?? [], name: name ?? '', optional: true } as const;
  const key = connectSchemaOf(model.name, 'Key', model.key).fields ?? [];
  const before = key.length === 0 ? row : { ...row, fields: key, name: `${namespaceOf(model.name)}.Before` };
  const source: ConnectField = {
    type: 'struct',
    name: 'io.debezium.connector.Source',
    optional: false,
    field: 'source',
    fields: [
      field('version', 'string'),
      field('connector', 'string'),
      field('name', 'string'),
      ...times(false),
      field('snapshot', 'string', true),
      field('db', 'string'),
      field('sequence', 'string', true),
      field('schema', 'string'),
      field('table', 'string'),
    ],
  };
  const transaction: ConnectField = {
    type: 'struct',
    name: 'event.block',
    version: 1,
    optional: true,
    field: 'transaction',
    fields: [field('id', 'string'), field('total_order', 'int64'), field('data_collection_order', 'int64')],
  };
  const envelope = {
    type: 'struct',
    name: `${namespaceOf(model.name)}.Envelope`,
    version: 2,
    optional: false,
    fields: [{ ...before, field: 'before' }, { ...row, field: 'after' }, source, transaction, field('op', 'string'), ...times(true)],
  };
  return { before: Buffer.from(`{"schema":${JSON.stringify(envelope)},"payload":`), after: Buffer.from('}') };
}
