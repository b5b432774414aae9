import avsc from 'avsc';
import protobuf from 'protobufjs';
import type { OutboundRecord } from '../../src/model/record.ts';
import { tell } from '../support/registry.ts';

export type Row = Readonly<Record<string, unknown>>;
/** What a value says; null: its schema is being fetched. */
export type ReadValue = (value: OutboundRecord['value']) => Row | null;

/** Values by the schema that the registry has under their number; `told` once one is there. */
export function registeredValues(url: string, told: () => void): ReadValue {
  const readers = new Map<number, ((event: Buffer) => Row) | null>();
  return (value) => {
    if (value === null || value[0] !== 0) throw new Error('a value that names no schema');
    const id = value.readInt32BE(1);
    const read = readers.get(id);
    if (read) return read(value.subarray(5));
    if (read === undefined) {
      readers.set(id, null);
      void tell(url, 'GET', `/schemas/ids/${id}`).then((said) => {
        readers.set(id, readerOf(said as Registered));
        told();
      });
    }
    return null;
  };
}

interface Registered {
  readonly schema: string;
  readonly schemaType?: string;
}

function readerOf({ schema, schemaType = 'AVRO' }: Registered): (event: Buffer) => Row {
  if (schemaType === 'JSON') return (event) => JSON.parse(event.toString('utf8')) as Row;
  if (schemaType === 'PROTOBUF') return protobufReader(schema);
  const type = avsc.Type.forSchema(JSON.parse(schema), { wrapUnions: 'always' });
  return (event) => unwrapped(type.fromBuffer(event) as Row);
}

/** A value of a union comes as `{ branch: value }`: of a column of SQLite, a number alone would not tell which of them it is. */
const unwrapped = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const isBranch = typeof value === 'object' && value !== null && !Buffer.isBuffer(value);
      return [name, isBranch ? Object.values(value)[0] : value];
    }),
  );

function protobufReader(schema: string): (event: Buffer) => Row {
  const parsed = protobuf.parse(schema, new protobuf.Root(), { keepCase: true });
  const times = 'syntax = "proto3"; package google.protobuf; message Timestamp { int64 seconds = 1; int32 nanos = 2; }';
  protobuf.parse(times, parsed.root);
  const type = parsed.root.lookupType(`${parsed.package}.Value`);
  return (event) => {
    if (event[0] !== 0) throw new Error('not the first message');
    const message = type.decode(event.subarray(1)) as unknown as Row;
    return Object.fromEntries(type.fieldsArray.map(({ name }) => [name, Object.hasOwn(message, name) ? stored(message[name]) : null]));
  };
}

/** A value of SQLite is a message of one field. */
const stored = (value: unknown): unknown => (value instanceof protobuf.Message ? (Object.values(value)[0] as unknown) : value);
