import { Ajv } from 'ajv';
import avro from 'avsc';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../src/model/column.ts';
import type { Envelope, Format, KeyFormat } from '../../src/model/format.ts';
import type { OutboundRecord } from '../../src/model/record.ts';
import { type Occasion, RecordBatch } from '../../src/model/record-batch.ts';
import type { Value } from '../../src/model/value.ts';
import type { Encoder } from '../../src/schema/encoder.ts';
import { encoderOf } from '../../src/schema/encoder-of.ts';
import { eventModel } from '../../src/schema/event-model.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';
import type { StreamSchema } from '../../src/schema/stream-schema.ts';
import { streamSchemaOf } from '../../src/schema/stream-schema-of.ts';
import { readConnect } from '../foreign/connect.ts';
import { membersOf } from '../foreign/members.ts';
import { normal } from '../foreign/normal.ts';
import { oneRow, packedRowsOf } from '../support/rows.ts';
import { column } from './column.ts';

const columns = [{ ...column('id', 'integer', 'bigint', false), facts: { bits: 64 } }, column('after'), column('before')];
const names = columns.map(({ name }) => name);
const origin = { kind: 'postgres', name: 'shop', database: 'main', schema: 'public', table: 'orders' } as const;
const row = ['7', '"before":null,"after":{"x":', ',"data":{'];
const at = Date.parse('2026-11-21T10:00:00.123Z');

interface Events {
  readonly stream: StreamSchema;
  readonly encoder: Encoder;
}

function eventsOf(envelope: Envelope, format: Format): Events {
  const schema = eventSchema(columns, { include: null, exclude: [], rename: {} }, columns.slice(0, 1));
  const stream = streamSchemaOf(eventModel('shop.orders', schema, []), { format, keyFormat: 'json', envelope });
  return {
    stream,
    encoder: encoderOf(schema, stream, names, { key: null, value: format === 'json' || format === 'connect' ? null : 258 }, origin),
  };
}

const occasion: Occasion = { operation: 'u', at: at + 5 };
const formats = [
  ['debezium', 'json'],
  ['debezium', 'json-schema'],
  ['debezium', 'connect'],
  ['debezium', 'avro'],
  ['debezium', 'protobuf'],
  ['cloudevents', 'json'],
  ['cloudevents', 'json-schema'],
  ['cloudevents', 'connect'],
  ['cloudevents', 'avro'],
  ['cloudevents', 'protobuf'],
  ['cloudevents-structured', 'json'],
  ['cloudevents-structured', 'json-schema'],
] as const;

const batch = (of: Occasion = occasion): RecordBatch => new RecordBatch({ 'liberate.op': 'upsert' }, 16, { 'liberate.op': 'delete' }, of);

describe.each(formats)('envelope %s in %s', (envelope, format) => {
  const { encoder } = eventsOf(envelope, format);
  const rowIn = (value: Buffer): Buffer | null => (encoder.rowIn === undefined ? value : encoder.rowIn(value));

  it('has a core that does not change with the time or the operation, and that is found again in the value', () => {
    const cores = [batch(), batch({ operation: 'r', at: 1 })].map((into, index) => {
      encoder.append(oneRow(row), 0, at + index * 1000, into);
      const core = Buffer.from(into.core() as Buffer);
      expect(rowIn(Buffer.from(into.value(0) as Buffer))).toEqual(core);
      return core.toString('latin1');
    });
    expect(cores[0]).toBe(cores[1]);
    const other = batch();
    encoder.append(oneRow(['7', 'x', null]), 0, at, other);
    expect(other.core()?.toString('latin1')).not.toBe(cores[0]);
    const packed = batch();
    encoder.append(
      packedRowsOf(
        [row],
        columns.map(() => ({ form: 'same', decode: null })),
      ),
      0,
      at,
      packed,
    );
    expect(packed.core()?.toString('latin1')).toBe(cores[0]);
  });

  it('buries a row and a key by the same records, of which the last has no value and no other says that there is a row', () => {
    const [byRow, byKey] = [batch(), batch()];
    encoder.append(oneRow(['6', null, null]), 0, at, byRow);
    byRow.pop();
    encoder.bury(oneRow(row), 0, at, byRow);
    if (encoder.buryKey === undefined) byKey.add({ key: Buffer.from('{"id":7}'), value: null, timestamp: String(at) });
    else encoder.buryKey(Buffer.from('{"id":7}'), at, byKey);
    const told = (records: Iterable<OutboundRecord>): unknown =>
      [...records].map(({ key, value, headers }) => [key?.toString(), value?.toString('hex'), headers]);
    expect(told(byRow.records())).toEqual(told(byKey.records()));
    expect(byRow.core()).toBeNull();
    const records = [...byRow.records()];
    expect(records.map(({ key }) => key?.toString())).toEqual(records.map(() => '{"id":7}'));
    expect(records.at(-1)?.value).toBeNull();
    for (const { value, headers } of records) {
      if (value !== null) expect(rowIn(value)).toBeNull();
      expect(headers['liberate.op']).toBe('delete');
    }
    expect(records).toHaveLength(envelope === 'cloudevents' ? 1 : 2);
  });

  it('goes from batch to batch with all that belongs to it', () => {
    const into = batch();
    encoder.bury(oneRow(row), 0, at, into);
    const copy = batch();
    for (let record = 0; record < into.count; record += 1) copy.take(into, record);
    expect([...copy.records()]).toEqual([...into.records()]);
  });
});

describe('the change event of Debezium', () => {
  const value = (format: Format, operation: Occasion['operation'] | 'd'): { readonly stream: StreamSchema; readonly bytes: Buffer } => {
    const { stream, encoder } = eventsOf('debezium', format);
    const into = batch({ operation: operation === 'd' ? 'u' : operation, at: at + 5 });
    if (operation === 'd') encoder.bury(oneRow(row), 0, at, into);
    else encoder.append(oneRow(row), 0, at, into);
    return { stream, bytes: into.value(0) as Buffer };
  };
  const after = { id: 7, after: row[1], before: row[2] };
  const source = { connector: 'postgresql', name: 'shop', db: 'main', schema: 'public', table: 'orders' };
  const number = (found: unknown): number => Number(String(found));

  it('is what an Avro reader finds by the document alone', () => {
    for (const operation of ['r', 'c', 'u', 'd'] as const) {
      const { stream, bytes } = value('avro', operation);
      expect([bytes[0], bytes.readInt32BE(1)]).toEqual([0, 258]);
      // Nanoseconds are past what a double keeps; avsc is told to take them all the same.
      const long = avro.types.LongType.__with({
        fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
        toBuffer: () => Buffer.alloc(8),
        fromJSON: Number,
        toJSON: Number,
        isValid: (one: unknown) => typeof one === 'bigint',
        compare: () => 0,
      } as never);
      const exact = avro.Type.forSchema(
        JSON.parse(stream.value?.text ?? '') as avro.Schema,
        { registry: { long }, wrapUnions: true } as never,
      );
      expect(exact.name).toBe('shop.orders.Envelope');
      const found = JSON.parse(
        JSON.stringify(exact.fromBuffer(bytes.subarray(5)), (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one)),
      ) as {
        readonly [name: string]: never;
      };
      const before = operation === 'd' ? { 'shop.orders.Before': { id: '7' } } : null;
      expect(found).toMatchObject({ op: operation, before, source: { ...source, snapshot: String(operation === 'r') } });
      expect(JSON.stringify(found)).toContain(`${at}000000`);
      expect(JSON.stringify(found)).toContain(String((at + 5) * 1000));
      if (operation === 'd') expect(found['after']).toBeNull();
      else expect(JSON.stringify(found['after'])).toContain(JSON.stringify(row[1]));
    }
  });

  it('is what a Protobuf reader finds in the first message of the document', () => {
    for (const operation of ['r', 'c', 'u', 'd'] as const) {
      const { stream, bytes } = value('protobuf', operation);
      const type = protobuf.parse(stream.value?.text ?? '', { keepCase: true }).root.lookupType('shop.orders.Envelope');
      expect([...bytes.subarray(0, 6)]).toEqual([0, 0, 0, 1, 2, 0]);
      const found = type.toObject(type.decode(bytes.subarray(6)), { longs: String }) as { readonly after?: { readonly id: string } };
      expect(found).toMatchObject({
        op: operation,
        source: { ...source, snapshot: String(operation === 'r'), ts_ns: `${at}000000` },
        ts_us: `${at + 5}000`,
      });
      if (operation === 'd') expect(found).toMatchObject({ before: { id: '7' } });
      if (operation === 'd') expect(found.after).toBeUndefined();
      else expect({ ...found.after, id: number(found.after?.id) }).toEqual(after);
    }
  });

  it("has Connect's schema with it, whose structs have the fields of the payload, each of its type", () => {
    interface Struct {
      readonly type: string;
      readonly optional: boolean;
      readonly field?: string;
      readonly name?: string;
      readonly fields?: readonly Struct[];
    }
    const fits = (schema: Struct, found: unknown): boolean => {
      if (found === null) return schema.optional;
      if (schema.type === 'int64') return typeof found === 'number';
      if (schema.type !== 'struct') return typeof found === schema.type;
      const fields = schema.fields ?? [];
      const values = found as Readonly<Record<string, unknown>>;
      return (
        Object.keys(values).every((name) => fields.some((one) => one.field === name)) &&
        fields.every((one) => fits(one, values[one.field ?? ''] ?? null))
      );
    };
    for (const operation of ['r', 'd'] as const) {
      const { schema, payload } = JSON.parse(value('connect', operation).bytes.toString()) as {
        schema: Struct;
        payload: Readonly<Record<string, unknown>>;
      };
      expect(schema.name).toBe('shop.orders.Envelope');
      expect(fits(schema, payload)).toBe(true);
      expect(fits(schema, { ...payload, op: 1 })).toBe(false);
      const gone = operation === 'd';
      expect(payload).toMatchObject({ op: operation, before: gone ? { id: 7 } : null, after: gone ? null : after });
    }
  });

  it('is what its JSON Schema says, and no other operation', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const operation of ['r', 'd'] as const) {
      const { stream, bytes } = value('json-schema', operation);
      const fits = ajv.compile(JSON.parse(stream.value?.text ?? '') as object);
      const found = JSON.parse(bytes.subarray(5).toString()) as object;
      expect(fits(found), JSON.stringify(fits.errors)).toBe(true);
      expect(fits({ ...found, op: 'x' })).toBe(false);
    }
  });
});

describe('what a delete of Debezium says of its row', () => {
  const key: readonly (readonly [Column, Value])[] = [
    [{ ...column('id', 'integer', 'bigint', false), facts: { bits: 64 } }, '-9223372036854775808'],
    [{ ...column('sum', 'decimal', 'numeric(20,2)', false), facts: { precision: 20, scale: 2 } }, '123456789012345678.90'],
    [{ ...column('at', 'timestamptz', 'timestamptz', false), facts: { scale: 6 } }, '2026-11-21T10:00:00.123456Z'],
    [{ ...column('local', 'timestamp', 'timestamp(3)', false), facts: { scale: 3 } }, '0001-01-01T00:00:00.001'],
    [column('day', 'date', 'date', false), '9999-12-31'],
    [column('name', 'text', 'text', false), 'ż"\\ ,"payload":{ 🦊'],
    [column('raw', 'bytes', 'bytea', false), Buffer.from([0, 255, 10])],
    [column('open', 'boolean', 'boolean', false), true],
  ];
  const formats: readonly Format[] = ['json', 'json-schema', 'connect', 'avro', 'protobuf'];
  const goneOf = (fields: typeof key, format: Format, keyFormat: KeyFormat): { readonly stream: StreamSchema; readonly value: Buffer } => {
    const columns = fields.map(([one]) => one);
    const schema = eventSchema([...columns, column('note')], { include: null, exclude: [], rename: {} }, columns);
    const stream = streamSchemaOf(eventModel('shop.orders', schema, []), { format, keyFormat, envelope: 'debezium' });
    const encoder = encoderOf(schema, stream, [...columns.map(({ name }) => name), 'note'], { key: 7, value: 258 }, origin);
    const into = batch();
    encoder.bury(oneRow([...fields.map(([, value]) => value), 'x']), 0, at, into);
    return { stream, value: Buffer.from(into.value(0) as Buffer) };
  };
  const takes = (keyFormat: KeyFormat, format: Format): boolean =>
    keyFormat === format || keyFormat === 'json' || keyFormat === 'json-schema' || keyFormat === 'string';

  it.each(formats)('is its key, in %s, of whatever format the key itself is', (format) => {
    const told = goneOf(key, format, format).value.toString('hex');
    for (const keyFormat of formats.filter((one) => takes(one, format)))
      expect([keyFormat, goneOf(key, format, keyFormat).value.toString('hex')]).toEqual([keyFormat, told]);
    for (const one of key)
      expect([one[0].name, goneOf([one], format, 'string').value.toString('hex')]).toEqual([
        one[0].name,
        goneOf([one], format, format).value.toString('hex'),
      ]);
  });

  it('is what readers find to be the key', () => {
    const { stream, value } = goneOf(key, 'json', 'json');
    const before = membersOf(membersOf(value.toString()).get('before') ?? '');
    const written = Object.fromEntries([...before].map(([name, token]) => [name, token]));
    expect(written).toEqual({
      id: '-9223372036854775808',
      sum: '123456789012345678.90',
      at: '"2026-11-21T10:00:00.123456Z"',
      local: '"0001-01-01T00:00:00.001"',
      day: '"9999-12-31"',
      name: JSON.stringify(key[5]?.[1]),
      raw: '"AP8K"',
      open: 'true',
    });
    const connect = goneOf(key, 'connect', 'connect').value.toString();
    const parts = membersOf(connect);
    const schema = (JSON.parse(parts.get('schema') ?? '') as { readonly fields: readonly { readonly field: string }[] }).fields.find(
      ({ field }) => field === 'before',
    );
    const payload = membersOf(parts.get('payload') ?? '').get('before') ?? '';
    const read = readConnect(stream.model.key, Buffer.from(`{"schema":${JSON.stringify(schema)},"payload":${payload}}`));
    expect(read).toEqual(Object.fromEntries(key.map(([{ name, type, facts }, one]) => [name, normal(type, one, facts?.bits)])));
  });

  it('is refused where the key cannot be read back', () => {
    for (const keyFormat of ['connect', 'avro', 'protobuf'] as const)
      for (const format of formats.filter((one) => !takes(keyFormat, one)))
        expect(() => goneOf(key, format, keyFormat)).toThrow(
          expect.objectContaining({ code: 'LIB108', cure: expect.stringContaining('keyFormat') }),
        );
  });
});

it('an event of CloudEvents in one JSON object fits its JSON Schema', () => {
  const { stream, encoder } = eventsOf('cloudevents-structured', 'json-schema');
  const fits = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(stream.value?.text ?? '') as object);
  const into = batch();
  encoder.append(oneRow(row), 0, at, into);
  encoder.bury(oneRow(row), 0, at, into);
  for (const record of [0, 1]) expect(fits(JSON.parse((into.value(record) as Buffer).subarray(5).toString()))).toBe(true);
});
