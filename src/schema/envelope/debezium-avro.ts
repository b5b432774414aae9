import { putBigVarint, putZigZag, readVarint } from '../../kit/varint.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import { type AvroType, avroSchemaOf } from '../avro/schema.ts';
import { put, putText } from '../batch-bytes.ts';
import type { EventModel } from '../event-model.ts';
import { namespaceOf } from '../names.ts';
import type { BeforeWriter } from './before.ts';
import { debeziumSource } from './debezium-source.ts';
import type { EnvelopeForm, Told } from './envelope.ts';
import type { Origin } from './origin.ts';

const times = ['ts_ms', 'ts_us', 'ts_ns'] as const;
const texts = ['version', 'connector', 'name', 'db', 'schema', 'table', 'snapshot'] as const;

/** The envelope around the record of a row. Avro resolves fields by name, so the row stands last. */
export function debeziumAvroSchema({ name: topic, fields, key }: EventModel): AvroType {
  const namespace = namespaceOf(topic);
  const row = avroSchemaOf(topic, 'Value', fields);
  const [before, after] =
    key.length === 0 ? [row, `${namespace}.Value`] : [{ ...(avroSchemaOf(topic, 'Key', key) as object), name: 'Before' }, row];
  const source = {
    type: 'record',
    name: 'Source',
    fields: [...texts.map((name) => ({ name, type: 'string' })), ...times.map((name) => ({ name, type: 'long' }))],
  };
  return {
    type: 'record',
    name: 'Envelope',
    namespace,
    fields: [
      { name: 'source', type: source },
      { name: 'op', type: 'string' },
      ...times.map((name) => ({ name, type: ['null', 'long'], default: null })),
      { name: 'before', type: ['null', before], default: null },
      { name: 'after', type: ['null', after], default: null },
    ],
  };
}

const nothing = 0;
const something = 2;

/** `frame`: a registry's. */
export function debeziumAvro(origin: Origin, frame: Buffer, before: BeforeWriter | null): EnvelopeForm {
  const { version, connector, name, db, schema, table } = debeziumSource(origin);
  const constant = [version, connector, name, db, schema, table];
  const head = ({ occasion, timestamp }: Told, operation: string, into: RecordBatch): void => {
    put(frame, into);
    for (const text of constant) putString(text, into);
    putString(operation === 'r' ? 'true' : 'false', into);
    putTimes(timestamp, false, into);
    putString(operation, into);
    putTimes(occasion.at, true, into);
    into.reserve(2);
  };
  return {
    value: (told, _key, row, into) => {
      head(told, told.occasion.operation, into);
      into.bytes[into.length++] = nothing;
      into.bytes[into.length++] = something;
      const from = into.length;
      row();
      into.markCore(from, into.length);
    },
    gone: (told, key, into) => {
      head(told, 'd', into);
      into.bytes[into.length++] = before === null ? nothing : something;
      before?.(key, into);
      into.reserve(1);
      into.bytes[into.length++] = nothing;
    },
    headers: null,
    rowIn: (value) => {
      let at = frame.length;
      for (let text = 0; text < texts.length; text += 1) at = behindString(value, at);
      for (let number = 0; number < times.length; number += 1) at = behindNumber(value, at);
      at = behindString(value, at);
      for (let number = 0; number < times.length; number += 1) at = value[at] === nothing ? at + 1 : behindNumber(value, at + 1);
      return value[at] === nothing && value[at + 1] === something ? value.subarray(at + 2) : null;
    },
  };
}

function putString(text: string, into: RecordBatch): void {
  into.reserve(10);
  into.length = putZigZag(Buffer.byteLength(text), into.bytes, into.length);
  putText(text, into);
}

/** Milliseconds, and the same as microseconds and nanoseconds, of which the last are past what a double keeps. */
function putTimes(ms: number, union: boolean, into: RecordBatch): void {
  into.reserve(3 * 11);
  const branch = (write: () => number): void => {
    if (union) into.bytes[into.length++] = something;
    into.length = write();
  };
  branch(() => putZigZag(ms, into.bytes, into.length));
  branch(() => putZigZag(ms * 1000, into.bytes, into.length));
  branch(() => putBigVarint(BigInt(ms) * 2_000_000n, into.bytes, into.length));
}

function behindNumber(value: Buffer, from: number): number {
  let at = from;
  while (((value[at] as number) & 0x80) !== 0) at += 1;
  return at + 1;
}

/** The length of a text stands before it as zigzag has it. */
function behindString(value: Buffer, from: number): number {
  const length = readVarint(value, from);
  return length.end + length.value / 2;
}
