import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import type { Column, ColumnFacts, ColumnType } from '../../src/model/column.ts';
import type { FieldForm } from '../../src/model/packed-rows.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import type { RowBatch } from '../../src/model/row.ts';
import type { Value } from '../../src/model/value.ts';
import type { Encoder } from '../../src/schema/encoder.ts';
import { encoderOf } from '../../src/schema/encoder-of.ts';
import { eventModel } from '../../src/schema/event-model.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';
import type { StreamSchema } from '../../src/schema/stream-schema.ts';
import { streamSchemaOf } from '../../src/schema/stream-schema-of.ts';
import { type Normal, normal, sameLines } from '../foreign/normal.ts';
import { readers, type SchemaFormat } from '../foreign/readers.ts';
import { oneRow, packedRowsOf } from '../support/rows.ts';

/** A column with its field as the server sends it, and the value that it means. */
interface Case {
  readonly type: ColumnType;
  readonly facts?: ColumnFacts;
  readonly form: FieldForm;
  readonly sent: string | Uint8Array | null;
  readonly value: Value;
}

const same: FieldForm = { form: 'same', decode: null };
const kindOf = (kind: Exclude<ColumnType['kind'], 'array'>): ColumnType => ({ kind });
const digits = (max: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`)).map((text) => text.replace(/^0+(?=\d)/, ''));
const asIs = (type: ColumnType, facts: ColumnFacts, sent: string): Case => ({ type, facts, form: same, sent, value: sent });

const integers = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((one) => asIs(kindOf('integer'), { bits: 64 }, String(one))),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((one) => asIs(kindOf('integer'), { bits: 64, unsigned: true }, String(one))),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((one) => asIs(kindOf('integer'), { bits: 32 }, String(one))),
  fc.nat(255).map((one) => asIs(kindOf('integer'), { bits: 8, unsigned: true }, String(one))),
  fc
    .constantFrom('0', '-1', '999999999999999', '-999999999999999', '1000000000000000', '9007199254740993', '-9223372036854775808')
    .map((one) => asIs(kindOf('integer'), { bits: 64 }, one)),
);

const decimals = fc
  .record({ whole: digits(35), scale: fc.nat(30), minus: fc.boolean(), fraction: fc.stringMatching(/^[0-9]{30}$/) })
  .map(({ whole, scale, minus, fraction }) => {
    const text = scale === 0 ? whole : `${whole}.${fraction.slice(0, scale)}`;
    return asIs(kindOf('decimal'), { precision: 35 + scale, scale }, minus && /[1-9]/.test(text) ? `-${text}` : text);
  });

const floats = fc.oneof(
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((one) => asIs(kindOf('float'), { bits: 64 }, Object.is(one, -0) ? '-0' : String(one))),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((one) => asIs(kindOf('float'), { bits: 32 }, String(one))),
  fc.integer({ min: -99999, max: 99999 }).map((one) => asIs(kindOf('float'), { bits: 64 }, String(one / 1000))),
);

const stamps = fc
  .record({
    at: fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
    micros: fc.nat(999_999),
    width: fc.nat(6),
    kind: fc.constantFrom('spaced', 'spaced utc', 'spaced bare', 'date', 'time'),
    scale: fc.constantFrom(6, 3),
  })
  .map(({ at, micros, width, kind, scale }): Case => {
    const text = at.toISOString();
    const [date, clock] = [text.slice(0, 10), text.slice(11, 19)];
    const fraction = width === 0 ? '' : `.${String(micros).padStart(6, '0').slice(0, Math.min(width, scale))}`;
    if (kind === 'date') return asIs(kindOf('date'), {}, date);
    if (kind === 'time') return asIs(kindOf('time'), { daytime: true, scale }, `${clock}${fraction}`);
    const zone = kind === 'spaced' ? '' : 'Z';
    const value = `${date}T${clock}${fraction}${zone}`;
    const sent = `${date} ${clock}${fraction}${kind === 'spaced utc' ? '+00' : ''}`;
    return {
      type: kindOf(zone === '' ? 'timestamp' : 'timestamptz'),
      facts: { scale },
      form: { form: kind as FieldForm['form'], decode: () => value },
      sent,
      value,
    };
  });

const others = fc.oneof(
  fc
    .record({
      kind: fc.constantFrom('text' as const, 'interval' as const),
      text: fc.string({ unit: 'binary', maxLength: 40 }),
    })
    .map(({ kind, text }) => asIs(kindOf(kind), {}, Buffer.from(text).toString())),
  fc.uuid().map((text) => asIs(kindOf('uuid'), {}, text)),
  fc.json({ maxDepth: 2 }).map((text) => asIs(kindOf('json'), {}, Buffer.from(`[${text}]`).toString())),
  fc.boolean().map(
    (value): Case => ({
      type: kindOf('boolean'),
      form: { form: 'letter', decode: (text) => text === 't' },
      sent: value ? 't' : 'f',
      value,
    }),
  ),
  fc
    .boolean()
    .map((value): Case => ({ type: kindOf('boolean'), form: { form: 'bit', decode: null }, sent: Uint8Array.of(value ? 1 : 0), value })),
  fc
    .uint8Array({ maxLength: 30 })
    .map((value): Case => ({ type: kindOf('bytes'), form: { form: 'bytes', decode: null }, sent: value, value })),
  fc.array(fc.option(fc.string({ unit: 'binary', maxLength: 9 })), { maxLength: 5 }).map((list): Case => {
    const value = JSON.stringify(list.map((one) => (one === null ? null : Buffer.from(one).toString())));
    return { type: { kind: 'array', element: kindOf('text') }, form: { form: 'other', decode: () => value }, sent: '{}', value };
  }),
  fc.array(fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), { maxLength: 5 }).map((list): Case => {
    const value = `[${list.map(String).join(',')}]`;
    return { type: { kind: 'array', element: kindOf('integer') }, form: { form: 'other', decode: () => value }, sent: '{}', value };
  }),
  fc.constant<Case>({ type: kindOf('text'), form: same, sent: null, value: null }),
);

/** What a format may have no place for. */
const irregular = fc.oneof(
  fc
    .constantFrom('infinity', '-infinity', '0000-00-00', '2026-00-10', '2026-02-30', '2025-02-29', '0044-03-15 BC', '2026-01')
    .map((text) => asIs(kindOf('date'), {}, text)),
  fc
    .constantFrom('24:00:00', '25:00:00', '10:60:00', '-10:00:00', '10:00', '')
    .map((text) => asIs(kindOf('time'), { daytime: true }, text)),
  fc
    .constantFrom('NaN', 'Infinity', '1e5', '', '-', '.', '1.', '123456', '1.234', '1.2300', '٣')
    .map((text) => asIs(kindOf('decimal'), { precision: 5, scale: 2 }, text)),
  fc
    .constantFrom('9223372036854775808', '-9223372036854775809', '99999999999999999999', '1x', '-', '')
    .map((text) => asIs(kindOf('integer'), { bits: 64 }, text)),
  fc.constantFrom('2026-01-01 24:00:00', '10000-01-01 00:00:00', '294277-01-01 00:00:00', 'infinity').map(
    (text): Case => ({
      type: kindOf('timestamptz'),
      form: { form: 'spaced bare', decode: () => `${text.replace(' ', 'T')}Z` },
      sent: text,
      value: `${text.replace(' ', 'T')}Z`,
    }),
  ),
);

const regular = fc.oneof(integers, decimals, floats, stamps, others);

function made(row: readonly Case[], format: SchemaFormat): { readonly stream: StreamSchema; readonly encoder: Encoder } {
  const columns = row.map(({ type, facts = {} }, at): Column => ({ name: `c ${at}`, type, native: type.kind, nullable: true, facts }));
  const schema = eventSchema(columns, { include: null, exclude: [], rename: {} }, []);
  const stream = streamSchemaOf(eventModel('shop.t', schema, []), { format, keyFormat: 'json', envelope: 'none' });
  return {
    stream,
    encoder: encoderOf(
      schema,
      stream,
      columns.map(({ name }) => name),
      { key: null, value: 7 },
    ),
  };
}

function written(encoder: Encoder, rows: RowBatch, at: number): Buffer | string {
  const into = new RecordBatch({}, 16);
  try {
    encoder.append(rows, at, 0, into);
  } catch (error) {
    if (error instanceof LiberateError && error.code === 'LIB211') return error.message;
    throw error;
  }
  return Buffer.from(into.value(0) as Buffer);
}

const valuesOf = (row: readonly Case[]): RowBatch => oneRow(row.map(({ value }) => value));
const packedOf = (row: readonly Case[]): RowBatch =>
  packedRowsOf(
    [row.map(({ sent }) => sent), row.map(({ sent }) => sent)],
    row.map(({ form }) => form),
  );

describe.each(['avro', 'protobuf', 'connect', 'json-schema'] as const)('an event in %s', (format) => {
  it('is the same of the bytes of the server as of the values, and a foreign reader finds them in it', () => {
    fc.assert(
      fc.property(fc.array(regular, { minLength: 1, maxLength: 8 }), (row) => {
        const { stream, encoder } = made(row, format);
        const event = written(encoder, valuesOf(row), 0) as Buffer;
        const packed = packedOf(row);
        expect(written(encoder, packed, 0)).toEqual(event);
        expect(written(encoder, packed, 1)).toEqual(event);
        const found = readers[format](stream, event);
        for (const [at, { type, facts, value }] of row.entries()) {
          expect(sameLines(type, found[`c ${at}`] as Normal)).toEqual(normal(type, value, facts?.bits));
        }
      }),
      { numRuns: 250 },
    );
  });

  it('is refused alike, with the column and the value, or holds what it may', () => {
    fc.assert(
      fc.property(irregular, (one) => {
        const { encoder } = made([one], format);
        const event = written(encoder, valuesOf([one]), 0);
        expect(written(encoder, packedOf([one]), 0)).toEqual(event);
        if (typeof event === 'string') expect(event).toMatch(/^the column "c 0" holds ".*", which no \w+ of \w+ can be$/);
      }),
      { numRuns: 300 },
    );
  });
});
