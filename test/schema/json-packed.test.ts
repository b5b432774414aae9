import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../src/model/column.ts';
import type { FieldForm } from '../../src/model/packed-rows.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import type { Value } from '../../src/model/value.ts';
import type { Encoder } from '../../src/schema/encoder.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';
import { jsonEncoder } from '../../src/schema/json/encoder.ts';
import { eventTime } from '../../src/schema/shape/event-time.ts';
import { withTombstones } from '../../src/schema/tombstones.ts';
import { oneRow, packedRowsOf, textsOf } from '../support/rows.ts';
import { column } from './column.ts';

const textOf = (batch: RecordBatch, at: number): readonly string[] => [String(batch.key(at)), String(batch.value(at))];
const noRules = { include: null, exclude: [], rename: {} };
const same: FieldForm = { form: 'same', decode: null };
const upper: FieldForm = { form: 'other', decode: (text) => text.toUpperCase() };

/** A kind with its field as the server sends it, and the value that it means. */
interface Case {
  readonly kind: Exclude<ColumnType['kind'], 'array'>;
  readonly form: FieldForm;
  readonly sent: string | Uint8Array | null;
  readonly value: Value;
}

const kinds = ['text', 'interval', 'json', 'uuid', 'integer', 'decimal', 'float', 'date', 'time'] as const;
const stamps: readonly (readonly [FieldForm['form'], string, string])[] = [
  ['spaced', '2026-01-01 10:00:00', '2026-01-01T10:00:00'],
  ['spaced', '2026-01-01 10:00:00.123456', '2026-01-01T10:00:00.123456'],
  ['spaced', '0044-03-15 10:00:00 BC', '0044-03-15 10:00:00 BC'],
  ['spaced', 'infinity', 'infinity'],
  ['spaced', '0000-00-00 00:00:00', '0000-00-00 00:00:00'],
  ['spaced utc', '2026-01-01 10:00:00.5+00', '2026-01-01T10:00:00.5Z'],
  ['spaced utc', '12026-01-01 10:00:00+00', '12026-01-01T10:00:00Z'],
  ['spaced utc', '-infinity', '-infinity'],
  ['spaced bare', '2026-01-01 10:00:00.000001', '2026-01-01T10:00:00.000001Z'],
  ['spaced bare', '2026-00-01 10:00:00', '2026-00-01 10:00:00'],
];

/** As the sources decode them; whatever is not plain goes this way. */
function stampOf(form: FieldForm['form']): (text: string) => Value {
  const known = new Map(stamps.filter(([one]) => one === form).map(([, sent, value]) => [sent, value]));
  return (text) => known.get(text) ?? text;
}

const cases: fc.Arbitrary<Case> = fc.oneof(
  fc.record({ kind: fc.constantFrom(...kinds), text: fc.string({ unit: 'binary', maxLength: 40 }) }).map(({ kind, text }): Case => {
    const plain = {
      uuid: 'a0',
      integer: '-9223372036854775808',
      date: '0000-00-00',
      time: '24:00:00',
      json: '{"a": [1,\n 2],\r\n"b":"é"}',
    };
    const sent = kind in plain ? plain[kind as keyof typeof plain] : Buffer.from(text).toString();
    return { kind, form: same, sent, value: sent };
  }),
  fc
    .constantFrom('NaN', '-Infinity', '0.1', '1e+300', '-0', '12.50')
    .map((sent): Case => ({ kind: 'decimal', form: same, sent, value: sent })),
  fc
    .constantFrom(...stamps)
    .map(([form, sent, value]): Case => ({ kind: 'timestamp', form: { form, decode: stampOf(form) }, sent, value })),
  fc
    .boolean()
    .map((value): Case => ({ kind: 'boolean', form: { form: 'letter', decode: (text) => text === 't' }, sent: value ? 't' : 'f', value })),
  fc.boolean().map((value): Case => ({ kind: 'boolean', form: { form: 'bit', decode: null }, sent: Uint8Array.of(value ? 1 : 0), value })),
  fc.uint8Array({ maxLength: 30 }).map((value): Case => ({ kind: 'bytes', form: { form: 'bytes', decode: null }, sent: value, value })),
  fc.string({ maxLength: 30 }).map((text): Case => ({ kind: 'text', form: upper, sent: text, value: text.toUpperCase() })),
  fc.constantFrom(...kinds).map((kind): Case => ({ kind, form: same, sent: null, value: null })),
);

describe('JSON from the bytes of the server', () => {
  it('is what is written of the values, whatever the row', () => {
    const rows = fc.array(cases, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(rows, fc.nat(3), (row, keyed) => {
        const columns = row.map(({ kind }, at) => column(`c"${at}`, kind));
        const names = columns.map(({ name }) => name);
        const encoder = jsonEncoder(eventSchema(columns, noRules, columns.slice(0, keyed)), names);
        const packed = packedRowsOf(
          [row.map(({ sent }) => sent), row.map(({ sent }) => sent)],
          row.map(({ form }) => form),
        );
        const expected = textsOf(encoder, oneRow(row.map(({ value }) => value)));
        expect(textsOf(encoder, packed)).toEqual(expected);
        expect(textsOf(encoder, packed, 1)).toEqual(expected);
        if (keyed === 0) return;
        // Beside each other over the same rows: what one writes there must not be what the other reads.
        const buried = withTombstones(encoder);
        const marked = { ...packed, deleted: (at: number) => at === 0 };
        expect(textsOf(buried, marked)).toEqual([expected[0], null]);
        expect(textsOf(buried, marked, 1)).toEqual(expected);
        expect(textsOf(buried, { ...oneRow(row.map(({ value }) => value)), deleted: () => true })).toEqual([expected[0], null]);
        expect(packed.values(1)).toEqual(row.map(({ value }) => (value instanceof Uint8Array ? Buffer.from(value) : value)));
      }),
      { numRuns: 2000 },
    );
  });

  it('is the same when another encoder has written over the same rows in between', () => {
    const rows = packedRowsOf([['a', 'b']], [same, same]);
    const [one, other] = ['t', 'u'].map((name) => jsonEncoder(eventSchema([column(name)], noRules, []), ['t', 'u']));
    for (const _ of [1, 2]) {
      expect(textsOf(one as Encoder, rows)[1]).toBe('{"t":"a"}');
      expect(textsOf(other as Encoder, rows)[1]).toBe('{"u":"b"}');
    }
  });

  it.each(['text', 'json'] as const)('is refused, with the column, where a %s is not UTF-8', (kind) => {
    const encoder = jsonEncoder(eventSchema([column('t', kind)], noRules, []), ['t']);
    const sent = (...bytes: readonly number[]): unknown => textsOf(encoder, packedRowsOf([[Uint8Array.from(bytes)]], [same]))[1];
    expect(() => sent(0x61, 0xff, 0x22)).toThrow(expect.objectContaining({ code: 'LIB211', place: { column: 't' } }));
    // A lone surrogate, as MySQL's ucs2 may hold it.
    expect(() => sent(0xed, 0xa0, 0x80)).toThrow(/not UTF-8/);
    expect(sent(0xef, 0xbf, 0xbd)).toContain('\ufffd');
  });

  it('is that of its values for texts of each length, wherever they lie, up to the last byte that a batch has room for', () => {
    const id = column('id', 'integer');
    const columns = [id, column('t'), column('u')];
    const encoder = jsonEncoder(eventSchema(columns, noRules, [id]), ['id', 't', 'u']);
    const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(12);
    const values = Array.from({ length: 420 }, (_, at): readonly (string | null)[] => {
      return [String(10 ** (at % 12) + at), letters.slice(0, at), at % 7 === 0 ? null : letters.slice(at % 13, at % 80)];
    });
    const batch = new RecordBatch({}, 16);
    const wanted = new RecordBatch({}, 16);
    const packed = packedRowsOf(values, [same, same, same]);
    for (const [at, row] of values.entries()) {
      encoder.append(packed, at, at, batch);
      encoder.append(oneRow(row), 0, at, wanted);
      expect(textOf(batch, at)).toEqual(textOf(wanted, at));
    }
    // Nothing of the earlier ones was written over.
    for (const at of values.keys()) expect(textOf(batch, at)).toEqual(textOf(wanted, at));
  });

  it('takes a row that is larger than everything before it', () => {
    const encoder = jsonEncoder(eventSchema([column('t'), column('u')], noRules, []), ['t', 'u']);
    const wide = '"'.repeat(300_000);
    const [, value] = textsOf(encoder, packedRowsOf([[wide, wide]], [same, { form: 'other', decode: (text) => text }]));
    expect(JSON.parse(value ?? '')).toEqual({ t: wide, u: wide });
  });
});

describe('the time of an event from the bytes of the server', () => {
  const at = [column('at', 'timestamp')];

  it.each([null, 'Europe/Berlin'])('is that of the value, zone %s', (zone) => {
    const parts = fc.record({
      stamp: fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      digits: fc.nat(6),
      form: fc.constantFrom<readonly [FieldForm['form'], string, string]>(
        ['spaced', '', ''],
        ['spaced utc', '+00', 'Z'],
        ['spaced bare', '', 'Z'],
      ),
    });
    fc.assert(
      fc.property(parts, ({ stamp, digits, form: [form, sent, written] }) => {
        const text = stamp.toISOString().slice(0, 19).replace('T', ' ');
        const fraction = digits === 0 ? '' : `.${'123456'.slice(0, digits)}`;
        const value = `${text.replace(' ', 'T')}${fraction}${written}`;
        const rows = packedRowsOf([[`${text}${fraction}${sent}`]], [{ form, decode: () => value }]);
        const of = eventTime(at, ['at'], zone);
        expect(of(rows, 0)).toBe(of(oneRow([value]), 0));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['infinity', '0000-00-00 00:00:00', '2026-01-01 10:00:00 BC', '2026-0x-01 10:00:00', '2026-01-01 10:00:00.'])(
    'is none of %s',
    (text) => {
      const rows = packedRowsOf([[text]], [{ form: 'spaced', decode: (one) => one }]);
      expect(eventTime(at, ['at'], null)(rows, 0)).toBeNull();
    },
  );
});
