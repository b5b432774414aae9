import avsc from 'avsc';
import type { ColumnType } from '../../src/model/column.ts';
import type { EventField } from '../../src/schema/event-model.ts';
import { plainNames } from '../../src/schema/names.ts';
import { bytes, clockOf, decimalOf, dynamic, isoOfDays, isoOfMicros, type Normal, real } from './normal.ts';

/** Longs as bigint: avsc's own would lose digits past 2^53. */
const long = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (one: bigint, other: bigint) => (one < other ? -1 : one > other ? 1 : 0),
});

interface AvroField {
  readonly type: unknown;
}

/** Reads the event behind a frame with avsc, by the schema that consumers are given. */
export function readAvro(document: string, fields: readonly EventField[], event: Buffer): Readonly<Record<string, Normal>> {
  const schema = JSON.parse(document) as { readonly fields: readonly AvroField[] };
  const type = avsc.Type.forSchema(schema as unknown as avsc.Schema, {
    wrapUnions: 'always' as never,
    typeHook: (attributes: unknown) => (nameOf(attributes) === 'long' ? long : undefined) as never,
  });
  const record = type.fromBuffer(event.subarray(5)) as Readonly<Record<string, unknown>>;
  const names = plainNames(fields.map(({ name }) => name));
  return Object.fromEntries(
    fields.map(({ name, type: column }, at) => {
      const plain = names[at] as string;
      return [name, told(schema.fields[at]?.type, column, record[plain])];
    }),
  );
}

const nameOf = (attributes: unknown): unknown =>
  typeof attributes === 'object' && attributes !== null && 'type' in attributes ? attributes.type : attributes;

function told(schema: unknown, type: ColumnType, value: unknown): Normal {
  if (value === null) return null;
  if (!Array.isArray(schema)) return single(schema as string | Logical, type, value);
  const [[branch, held]] = Object.entries(value as object) as [[string, unknown]];
  const found = (schema as readonly unknown[]).find((one) => one !== 'null' && [branch, undefined].includes(nameOf(one) as string));
  if (type.kind === 'dynamic' && schema.length > 2) return dynamic(held as string);
  return single((found ?? schema[1]) as Logical, type, held);
}

interface Logical {
  readonly type: string;
  readonly logicalType?: string;
  readonly scale?: number;
  readonly items?: unknown;
}

function single(schema: string | Logical, type: ColumnType, value: unknown): Normal {
  const { logicalType, scale = 0, items, type: name } = typeof schema === 'string' ? ({ type: schema } as Logical) : schema;
  switch (logicalType ?? name) {
    case 'decimal':
      return decimalOf(value as Buffer, scale);
    case 'date':
      return isoOfDays(value as number);
    case 'time-micros':
      return clockOf(value as bigint);
    case 'timestamp-micros':
      return isoOfMicros(value as bigint, 'Z');
    case 'local-timestamp-micros':
      return isoOfMicros(value as bigint, '');
    case 'array':
      return (value as readonly unknown[]).map((item) => told(items, (type as { readonly element: ColumnType }).element, item));
    case 'float':
    case 'double':
      return type.kind === 'dynamic' ? dynamic(value as number) : real(value as number, 64);
    case 'bytes':
      return type.kind === 'dynamic' ? dynamic(value as Buffer) : bytes(value as Buffer);
    default:
      return type.kind === 'dynamic' ? dynamic(value as string) : String(value);
  }
}
