import protobuf from 'protobufjs';
import type { ColumnType } from '../../src/model/column.ts';
import type { EventField } from '../../src/schema/event-model.ts';
import { plainNames } from '../../src/schema/names.ts';
import { bytes, dynamic, isoOfMicros, type Normal, real } from './normal.ts';

/** As protobufjs keeps numbers of 64 bits. */
interface Long {
  toString(): string;
}

interface Timestamp {
  readonly seconds: Long | number;
  readonly nanos: number;
}

type Message = Readonly<Record<string, unknown>>;

/** Reads the event behind a frame with protobufjs, by the document that consumers are given: its first message. */
export function readProtobuf(document: string, fields: readonly EventField[], event: Buffer): Readonly<Record<string, Normal>> {
  const parsed = protobuf.parse(document, new protobuf.Root(), { keepCase: true });
  parsed.root.add(timestamps().lookup('google') as protobuf.Namespace);
  const type = parsed.root.lookupType(`${parsed.package}.${/^message (\w+)/m.exec(document)?.[1]}`);
  if (event[5] !== 0) throw new Error('not the first message');
  const message = type.decode(event.subarray(6)) as unknown as Message;
  const names = plainNames(fields.map(({ name }) => name));
  return Object.fromEntries(
    fields.map(({ name, type: column }, at) => {
      const plain = names[at] as string;
      return [name, Object.hasOwn(message, plain) ? told(column, message[plain]) : null];
    }),
  );
}

function timestamps(): protobuf.Root {
  const text = 'syntax = "proto3"; package google.protobuf; message Timestamp { int64 seconds = 1; int32 nanos = 2; }';
  return protobuf.parse(text, new protobuf.Root()).root;
}

function told(type: ColumnType, value: unknown): Normal {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'array':
      return (value as { readonly items: readonly Message[] }).items.map((item) =>
        told(innermost(type), Object.hasOwn(item, 'value') ? item['value'] : null),
      );
    case 'bytes':
      return bytes(value as Uint8Array);
    case 'float':
      return real(value as number, 64);
    case 'timestamptz': {
      const { seconds, nanos } = value as Timestamp;
      return isoOfMicros(BigInt(seconds.toString()) * 1_000_000n + BigInt(nanos / 1000), 'Z');
    }
    case 'dynamic':
      return stored(value);
    case 'time':
    case 'timestamp':
      return (value as string).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
    default:
      return String(value);
  }
}

const innermost = (type: ColumnType): ColumnType => (type.kind === 'array' ? innermost(type.element) : type);

function stored(value: unknown): string {
  const [[field, held]] = Object.entries(value as object).filter(([name]) => name !== 'value') as [[string, unknown]];
  return dynamic(field === 'integer' ? BigInt((held as Long).toString()) : (held as number | string | Uint8Array));
}
