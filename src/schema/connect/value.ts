import type { ColumnFacts, ColumnType } from '../../model/column.ts';
import type { Value } from '../../model/value.ts';
import { CalendarReader } from '../binary/calendar.ts';
import { Unscaled } from '../binary/unscaled.ts';
import type { EventField } from '../event-model.ts';
import { jsonItems } from '../json/items.ts';
import { leadOf, type Slot } from '../json/slot.ts';
import { type JsonWriter, jsonWriter } from '../json/value.ts';
import { misfit } from '../misfit.ts';
import { packedConnect } from './packed.ts';
import { type ConnectType, connectType } from './schema.ts';

/** The payload's fields, as connect-schema.ts says. `columns`: the names behind the values of a row, in order. */
export const connectSlots = (fields: readonly EventField[], columns: readonly string[]): readonly Slot[] =>
  fields.map(({ name, column, type, facts }, index) => ({
    column,
    lead: leadOf(name, index),
    at: columns.indexOf(column),
    packed: (form) => packedConnect(type, facts, form),
    write: connectWriter(type, facts, (text) => misfit(column, `${type.kind} of Connect`, text)),
  }));

type Refuse = (text: string) => Error;

/** How a value that is not NULL stands in a payload; what has no place there is refused. */
function connectWriter(type: ColumnType, facts: ColumnFacts, refuse: Refuse): JsonWriter {
  if (type.kind === 'array') return arrayWriter(type, facts, refuse);
  const connect = connectType(type, facts);
  switch (connect.name) {
    case 'org.apache.kafka.connect.data.Decimal':
      return decimalWriter(connect, refuse);
    case 'org.apache.kafka.connect.data.Date':
      return calendarWriter(refuse, (calendar, bytes) => calendar.date(bytes, 0, bytes.length) && String(calendar.days));
    case 'org.apache.kafka.connect.data.Time':
      return calendarWriter(refuse, (calendar, bytes) => calendar.time(bytes, 0, bytes.length) && millisOf(calendar));
    case 'io.debezium.time.MicroTime':
      return calendarWriter(refuse, (calendar, bytes) => calendar.time(bytes, 0, bytes.length) && microsOf(calendar));
    case 'org.apache.kafka.connect.data.Timestamp':
      return calendarWriter(
        refuse,
        (calendar, bytes) => calendar.stamp(bytes, 0, bytes.length, type.kind === 'timestamptz') && millisOf(calendar),
      );
    case 'io.debezium.time.MicroTimestamp':
      return calendarWriter(refuse, (calendar, bytes) => calendar.stamp(bytes, 0, bytes.length, false) && microsOf(calendar));
    case 'io.debezium.time.ZonedTimestamp':
      // ISO 8601 has four digits for a year.
      return calendarWriter(
        refuse,
        (calendar, bytes) => bytes[4] === 0x2d && calendar.stamp(bytes, 0, bytes.length, true) && JSON.stringify(bytes.toString('latin1')),
      );
    case 'liberate.Dynamic':
      return dynamicWriter(refuse);
    default:
      return plainWriter(connect, type, refuse);
  }
}

const finite = /\d$/;

function plainWriter({ type: connect }: ConnectType, type: ColumnType, refuse: Refuse): JsonWriter {
  const write = jsonWriter(connect === 'string' ? { kind: 'text' } : type);
  if (connect !== 'float' && connect !== 'double') return write;
  return (value) => {
    // JsonConverter reads the text NaN as 0.
    if (!finite.test(String(value))) throw refuse(String(value));
    return write(value);
  };
}

function decimalWriter({ parameters = {} }: ConnectType, refuse: Refuse): JsonWriter {
  const unscaled = new Unscaled(Number(parameters['scale']), Number(parameters['connect.decimal.precision']));
  return (value) => {
    const bytes = Buffer.from(value as string);
    if (!unscaled.read(bytes, 0, bytes.length)) throw refuse(value as string);
    const into = Buffer.alloc(unscaled.size);
    unscaled.put(into, 0);
    return `"${into.toString('base64')}"`;
  };
}

/** `read` gives the JSON, or false. */
function calendarWriter(refuse: Refuse, read: (calendar: CalendarReader, bytes: Buffer) => string | false): JsonWriter {
  const calendar = new CalendarReader();
  return (value) => {
    const json = read(calendar, Buffer.from(value as string));
    if (json === false) throw refuse(value as string);
    return json;
  };
}

/** The type was chosen for a column without microseconds. */
const millisOf = ({ seconds, micros }: CalendarReader): string | false =>
  micros % 1000 === 0 ? String(seconds * 1000 + micros / 1000) : false;

function microsOf({ seconds, micros }: CalendarReader): string | false {
  const value = BigInt(seconds) * 1_000_000n + BigInt(micros);
  return BigInt.asIntN(64, value) === value ? String(value) : false;
}

function dynamicWriter(refuse: Refuse): JsonWriter {
  const write = jsonWriter({ kind: 'dynamic' });
  const fields = { bigint: 'integer', boolean: 'integer', number: 'real', string: 'text', object: 'blob' } as const;
  return (value) => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw refuse(String(value));
    const held = fields[typeof value as keyof typeof fields];
    const parts = ['integer', 'real', 'text', 'blob'].map((field) => `"${field}":${field === held ? write(value) : 'null'}`);
    return `{${parts.join(',')}}`;
  };
}

function arrayWriter(type: ColumnType & { readonly kind: 'array' }, facts: ColumnFacts, refuse: Refuse): JsonWriter {
  const { element } = type;
  const write = connectWriter(element, facts, refuse);
  return (value) => {
    const written = jsonItems(value as string)?.map((item) => {
      if (item === 'null') return item;
      const held = itemOf(element, item);
      // An array within the array, where none was declared.
      if (held === null) throw refuse(value as string);
      return write(held);
    });
    return `[${(written ?? []).join(',')}]`;
  };
}

function itemOf({ kind }: ColumnType, json: string): Value {
  if (kind === 'json' || kind === 'array') return json;
  if (json.startsWith('[')) return null;
  if (kind === 'boolean') return json === 'true';
  if (!json.startsWith('"')) return json;
  const text = JSON.parse(json) as string;
  return kind === 'bytes' ? Buffer.from(text, 'base64') : text;
}
