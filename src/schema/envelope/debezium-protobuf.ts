import { putBigVarint, putVarint, readVarint } from '../../kit/varint.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import { put } from '../batch-bytes.ts';
import type { BeforeWriter } from './before.ts';
import { debeziumSource } from './debezium-source.ts';
import type { EnvelopeForm, Told } from './envelope.ts';
import type { Origin } from './origin.ts';

/** Messages of the envelope, to stand before that of the row: the first of a document is what its frame names. `before`: lines of a message. */
export const debeziumMessages = (before: readonly string[]): string => `message Envelope {
${before.map((line) => `  ${line}\n`).join('')}  Source source = 1;
  string op = 2;
  optional int64 ts_ms = 3;
  optional int64 ts_us = 4;
  optional int64 ts_ns = 5;
  ${before.length === 0 ? 'Value' : 'Before'} before = 6;
  Value after = 7;
}

message Source {
  string version = 1;
  string connector = 2;
  string name = 3;
  string db = 4;
  string schema = 5;
  string table = 6;
  string snapshot = 7;
  int64 ts_ms = 8;
  int64 ts_us = 9;
  int64 ts_ns = 10;
}

`;

const bytesOf = 2;
const after = (7 << 3) | bytesOf;

/** `frame`: a registry's. The row is the last field. */
export function debeziumProtobuf(origin: Origin, frame: Buffer, before: BeforeWriter | null): EnvelopeForm {
  const { version, connector, name, db, schema, table } = debeziumSource(origin);
  const constant = Buffer.concat([version, connector, name, db, schema, table].map((text, at) => textField(at + 1, text)));
  const head = ({ occasion, timestamp }: Told, operation: string, into: RecordBatch): void => {
    const snapshot = textField(7, operation === 'r' ? 'true' : 'false');
    const source = Buffer.concat([constant, snapshot, timeFields(8, timestamp)]);
    put(frame, into);
    put(Buffer.concat([lead(1, source.length), source, textField(2, operation), timeFields(3, occasion.at)]), into);
  };
  return {
    value: (told, _key, row, into) => {
      head(told, told.occasion.operation, into);
      const from = putMessage(7, row, into);
      into.markCore(from, into.length);
    },
    gone: (told, key, into) => {
      head(told, 'd', into);
      if (before !== null) putMessage(6, () => before(key, into), into);
    },
    headers: null,
    rowIn: (value) => rowIn(value, frame.length),
  };
}

/** Where the message begins. */
function putMessage(field: number, write: () => void, into: RecordBatch): number {
  const start = into.length;
  write();
  // Its length stands before it.
  const bytes = Buffer.from(into.bytes.subarray(start, into.length));
  into.length = start;
  put(lead(field, bytes.length), into);
  const from = into.length;
  put(bytes, into);
  return from;
}

function rowIn(value: Buffer, from: number): Buffer | null {
  for (let at = from; at < value.length; ) {
    const tag = value[at] as number;
    const number = readVarint(value, at + 1);
    const end = (tag & 7) === bytesOf ? number.end + number.value : number.end;
    if (tag === after) return value.subarray(number.end, end);
    at = end;
  }
  return null;
}

function lead(field: number, length: number): Buffer {
  const bytes = Buffer.alloc(11);
  bytes[0] = (field << 3) | bytesOf;
  return bytes.subarray(0, putVarint(length, bytes, 1));
}

const textField = (field: number, text: string): Buffer => Buffer.concat([lead(field, Buffer.byteLength(text)), Buffer.from(text)]);

/** Milliseconds, microseconds and nanoseconds in three fields. */
function timeFields(first: number, ms: number): Buffer {
  const bytes = Buffer.alloc(33);
  let at = 0;
  for (const [offset, value] of [BigInt(ms), BigInt(ms) * 1000n, BigInt(ms) * 1_000_000n].entries()) {
    bytes[at++] = (first + offset) << 3;
    at = putBigVarint(value, bytes, at);
  }
  return bytes.subarray(0, at);
}
