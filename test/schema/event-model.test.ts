import { describe, expect, it } from 'vitest';
import type { Column } from '../../src/model/column.ts';
import type { Format } from '../../src/model/format.ts';
import { avroSchemaOf } from '../../src/schema/avro/schema.ts';
import { type EventModel, eventModel } from '../../src/schema/event-model.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';
import { jsonKeySchemaOf, jsonSchemaOf } from '../../src/schema/json/schema.ts';
import { plainNames } from '../../src/schema/names.ts';
import { protobufOf } from '../../src/schema/protobuf/schema.ts';
import type { StreamSchema } from '../../src/schema/stream-schema.ts';
import { documentOf, streamSchemaOf } from '../../src/schema/stream-schema-of.ts';
import { column } from './column.ts';
import { everyKind } from './model.ts';

const noRules = { include: null, exclude: [], rename: {} };
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

describe('the model of an event', () => {
  it('tells of each field its column, type, nullability and facts, and whether it is key or cursor', () => {
    const { name, fields, key, fingerprint } = everyKind();
    expect(name).toBe('shop.public.order-lines');
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(key.map((field) => field.name)).toEqual(['Order Id', 'line']);
    const field = (published: string): unknown => fields.find((one) => one.name === published);
    expect(field('Order Id')).toEqual({
      name: 'Order Id',
      column: 'Order Id',
      type: { kind: 'integer' },
      native: 'integer',
      // The column may be NULL, the key of an event never is.
      nullable: false,
      key: true,
      cursor: false,
      facts: { bits: 64, doc: 'The order.\nNever reused.' },
    });
    expect(field('localAt')).toMatchObject({ column: 'local_at', nullable: true, key: false, cursor: false, facts: { scale: 3 } });
    expect(field('updated_at')).toMatchObject({ nullable: false, cursor: true });
  });

  it('keeps its fingerprint when only a comment, a default or a label changes', () => {
    const of = (facts: Column['facts']): string =>
      eventModel('t', eventSchema([{ ...column('id', 'integer'), facts: facts ?? {} }], noRules, []), []).fingerprint;
    expect(of({ doc: 'new', default: '1', labels: ['a'] })).toBe(of({}));
    expect(eventModel('t', eventSchema([column('id', 'integer')], noRules, []), []).fingerprint).toBe(of({}));
  });
});

describe('the schemas made of it', () => {
  it('are a JSON Schema of the key and of the value', async () => {
    const { name, fields, key } = everyKind();
    const both = { key: jsonKeySchemaOf(`${name} key`, key), value: jsonSchemaOf(`${name} value`, fields) };
    await expect(json(both)).toMatchFileSnapshot('golden/every-kind.json-schema.txt');
  });

  it('are Avro records with logical types, under names that Avro takes', async () => {
    const { name, fields, key } = everyKind();
    const both = [avroSchemaOf(name, 'Key', key), avroSchemaOf(name, 'Value', fields)];
    await expect(json(both)).toMatchFileSnapshot('golden/every-kind.avsc');
  });

  it('are Protobuf messages whose JSON has the names of the event', async () => {
    const { name, key, fields } = everyKind();
    await expect(protobufOf(name, 'Value', fields)).toMatchFileSnapshot('golden/every-kind.proto');
    await expect(protobufOf(name, 'Key', key)).toMatchFileSnapshot('golden/every-kind.key.proto');
  });

  it('are called as a topic is, and there is none of a key that events have not, nor of a format without a registry', () => {
    const keyless = eventModel('shop.t', eventSchema([column('a')], noRules, []), []);
    const of = (model: EventModel, format: Format): StreamSchema =>
      streamSchemaOf(model, { format, keyFormat: format === 'avro' ? 'string' : format, envelope: 'none' });
    expect(of(keyless, 'protobuf')).toMatchObject({ key: null, value: { type: 'PROTOBUF', record: 'shop.t.Value' } });
    expect(of(everyKind(), 'avro')).toMatchObject({ key: null, value: { type: 'AVRO', record: 'shop.public.order_lines.Value' } });
    expect(of(everyKind(), 'json-schema').key).toMatchObject({ type: 'JSON', record: 'shop.public.order_lines.Key' });
    expect(of(everyKind(), 'connect')).toMatchObject({ key: null, value: null });
    expect(JSON.parse(of(everyKind(), 'avro').value?.text ?? '')).toEqual(
      avroSchemaOf('shop.public.order-lines', 'Value', everyKind().fields),
    );
  });
});

describe('the schema of a key', () => {
  it.each(['avro', 'json-schema', 'protobuf'] as const)(
    'in %s keeps its bytes whatever is only told of its columns, since its number is part of each key',
    (format) => {
      const { key, ...model } = everyKind();
      const retold = key.map((field) => ({
        ...field,
        native: 'other',
        facts: { ...field.facts, doc: 'New.', default: '7', labels: ['a'] },
      }));
      expect(documentOf(format, { ...model, key: retold }, 'Key')).toEqual(documentOf(format, everyKind(), 'Key'));
    },
  );
});

describe('names for Avro and Protobuf', () => {
  it('are letters, digits and underscores, and stay different', () => {
    expect(plainNames(['a', 'Order Id', 'order-id', 'order_id', '2nd', 'żółć', '_', 'Order_Id', 'order_id_2'])).toEqual([
      'a',
      'Order_Id',
      'order_id',
      'order_id_2',
      '_2nd',
      '____',
      '_',
      'Order_Id_2',
      'order_id_2_2',
    ]);
  });
});
