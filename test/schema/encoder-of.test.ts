import { describe, expect, it } from 'vitest';
import type { Format, KeyFormat, SchemaIds } from '../../src/model/format.ts';
import type { FieldForm } from '../../src/model/packed-rows.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import type { RowBatch } from '../../src/model/row.ts';
import type { Encoder } from '../../src/schema/encoder.ts';
import { encoderOf } from '../../src/schema/encoder-of.ts';
import { eventModel } from '../../src/schema/event-model.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';
import { jsonEncoder } from '../../src/schema/json/encoder.ts';
import { streamSchemaOf } from '../../src/schema/stream-schema-of.ts';
import { oneRow, packedRowsOf } from '../support/rows.ts';
import { column } from './column.ts';

const noRules = { include: null, exclude: [], rename: {} };
const columns = [column('id', 'integer', 'bigint', false), column('name'), column('raw', 'bytes'), column('ok', 'boolean')];
const names = columns.map(({ name }) => name);
const same: FieldForm = { form: 'same', decode: null };
const forms: readonly FieldForm[] = [same, same, { form: 'bytes', decode: null }, { form: 'letter', decode: (text) => text === 't' }];

interface Wanted {
  readonly format?: Format;
  readonly keyFormat?: KeyFormat;
  readonly key?: readonly string[];
  readonly ids?: SchemaIds;
}

function encoder({ format = 'json', keyFormat = 'json', key = ['id'], ids = { key: 7, value: 258 } }: Wanted): Encoder {
  const schema = eventSchema(
    columns,
    noRules,
    key.map((name) => columns.find((one) => one.name === name) ?? column(name)),
  );
  const stream = streamSchemaOf(eventModel('t', schema, []), { format, keyFormat, envelope: 'none' });
  return encoderOf(schema, stream, names, ids);
}

const values = oneRow(['12', 'żółć', Buffer.from('\0a'), true]);
const packed = packedRowsOf([['12', 'żółć', Buffer.from('\0a'), 't']], forms);
const json = '{"id":12,"name":"żółć","raw":"AGE=","ok":true}';

function written(of: Encoder, rows: RowBatch, add: 'append' | 'bury' = 'append'): readonly [string | null, string | null] {
  const into = new RecordBatch({}, 16);
  of[add](rows, 0, 5, into);
  const { key, value, timestamp } = into.record(0);
  expect(timestamp).toBe('5');
  return [key?.toString('latin1') ?? null, value?.toString('latin1') ?? null];
}

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

describe.each([
  ['values', values],
  ['bytes of the server', packed],
])('an encoder of %s', (_, rows) => {
  it('writes plain JSON as it always has', () => {
    const schema = eventSchema(columns, noRules, columns.slice(0, 1));
    expect(written(encoder({}), rows)).toEqual(written(jsonEncoder(schema, names), rows));
    expect(written(encoder({}), rows)).toEqual(['{"id":12}', latin1(json)]);
  });

  it('puts the frame of a registry before the JSON of key and value', () => {
    const both = encoder({ format: 'json-schema', keyFormat: 'json-schema' });
    expect(written(both, rows)).toEqual(['\0\0\0\0\x07{"id":12}', latin1(`\0\0\0\x01\x02${json}`)]);
    expect(written(both, rows, 'bury')).toEqual(['\0\0\0\0\x07{"id":12}', null]);
  });

  it('frames the one of the two that has a schema', () => {
    const value = encoder({ format: 'json-schema', ids: { key: null, value: 258 } });
    expect(written(value, rows)).toEqual(['{"id":12}', latin1(`\0\0\0\x01\x02${json}`)]);
    const keyless = encoder({ format: 'json-schema', keyFormat: 'json-schema', key: [], ids: { key: null, value: 258 } });
    expect(written(keyless, rows)).toEqual([null, latin1(`\0\0\0\x01\x02${json}`)]);
    expect(written(keyless, rows, 'bury')).toEqual([null, null]);
  });

  it.each([
    ['id', '12'],
    ['name', 'żółć'],
    ['raw', 'AGE='],
    ['ok', 'true'],
  ])('writes the bare text of a key in %s', (name, text) => {
    const bare = encoder({ keyFormat: 'string', key: [name] });
    expect(written(bare, rows)).toEqual([latin1(text), latin1(json)]);
    expect(written(bare, rows, 'bury')).toEqual([latin1(text), null]);
  });
});

describe('an encoder', () => {
  it('refuses bare text of a key of several columns', () => {
    expect(() => encoder({ keyFormat: 'string', key: ['id', 'name'] })).toThrow(
      expect.objectContaining({ code: 'LIB108', message: expect.stringContaining('id, name'), cure: expect.stringContaining('`key:`') }),
    );
    expect(written(encoder({ keyFormat: 'string', key: [] }), values)[0]).toBeNull();
  });

  it('refuses a bare key that is not UTF-8', () => {
    const rows = packedRowsOf([['12', Uint8Array.of(0x61, 0xff), Buffer.of(), 't']], forms);
    expect(() => written(encoder({ keyFormat: 'string', key: ['name'] }), rows)).toThrow(
      expect.objectContaining({ code: 'LIB211', place: { column: 'name' } }),
    );
  });

  it('publishes nothing before a registry has told the number of its schema', () => {
    for (const add of ['append', 'bury'] as const) {
      const both = encoder({ format: 'avro', keyFormat: 'avro', ids: { key: 1, value: null } });
      expect(() => written(both, values, add)).toThrow(
        expect.objectContaining({ code: 'LIB706', message: expect.stringContaining('avro') }),
      );
    }
  });
});
