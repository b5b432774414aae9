import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../src/model/column.ts';
import type { Value } from '../../src/model/value.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';
import { jsonEncoder } from '../../src/schema/json/encoder.ts';
import { jsonWriter } from '../../src/schema/json/value.ts';
import { eventOf, oneRow, textsOf } from '../support/rows.ts';
import { column } from './column.ts';

const noRules = { include: null, exclude: [], rename: {} };
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a value as JSON', () => {
  it.each<readonly [Exclude<ColumnType['kind'], 'array'>, Exclude<Value, null>, string]>([
    ['boolean', true, 'true'],
    ['boolean', false, 'false'],
    ['integer', '9223372036854775807', '9223372036854775807'],
    ['integer', '-9223372036854775808', '-9223372036854775808'],
    ['integer', '18446744073709551615', '18446744073709551615'],
    ['decimal', '12.50', '12.50'],
    ['decimal', '-0.000000000000000000000000000000000001', '-0.000000000000000000000000000000000001'],
    ['decimal', '9'.repeat(65), '9'.repeat(65)],
    ['decimal', 'NaN', '"NaN"'],
    ['decimal', '-Infinity', '"-Infinity"'],
    ['float', '1e+300', '1e+300'],
    ['float', '5e-324', '5e-324'],
    ['float', '-0', '-0'],
    ['float', 'Infinity', '"Infinity"'],
    ['text', 'a "quoted" \\ line\nand\ttab \u0000 \u2028 é 😀', '"a \\"quoted\\" \\\\ line\\nand\\ttab \\u0000 \u2028 é 😀"'],
    ['text', '\ud800 alone', '"\\ud800 alone"'],
    ['text', '', '""'],
    ['uuid', '6f9619ff-8b86-d011-b42d-00cf4fc964ff', '"6f9619ff-8b86-d011-b42d-00cf4fc964ff"'],
    ['date', '0000-00-00', '"0000-00-00"'],
    ['date', '4713-01-01 BC', '"4713-01-01 BC"'],
    ['timestamp', '2026-11-21T10:00:00.123456', '"2026-11-21T10:00:00.123456"'],
    ['timestamptz', 'infinity', '"infinity"'],
    ['time', '23:59:59.999999+05:30', '"23:59:59.999999+05:30"'],
    ['interval', '1 mon "x"', '"1 mon \\"x\\""'],
    ['json', '{"a": 12345678901234567890, "b": 1.10}', '{"a": 12345678901234567890, "b": 1.10}'],
    ['json', '{\r\n  "a": "x\\ny"\n}', '{   "a": "x\\ny" }'],
    ['bytes', bytes(), '""'],
    ['bytes', bytes(0, 255, 16), '"AP8Q"'],
    ['dynamic', 9223372036854775807n, '9223372036854775807'],
    ['dynamic', 0.1, '0.1'],
    ['dynamic', Number.MAX_VALUE, '1.7976931348623157e+308'],
    ['dynamic', Number.POSITIVE_INFINITY, '"Infinity"'],
    ['dynamic', Number.NaN, '"NaN"'],
    ['dynamic', 'text\n', '"text\\n"'],
    ['dynamic', true, 'true'],
    ['dynamic', bytes(1, 2, 3), '"AQID"'],
  ])('%s %o', (kind, value, text) => {
    expect(jsonWriter({ kind })(value)).toBe(text);
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it('escapes each code unit of a text as JSON.stringify does', () => {
    const units = Array.from({ length: 0x10000 }, (_, unit) => `a${String.fromCharCode(unit)}b`);
    expect(units.filter((text) => jsonWriter({ kind: 'text' })(text) !== JSON.stringify(text))).toEqual([]);
  });

  it('is the array that the source made, on one line', () => {
    expect(jsonWriter({ kind: 'array', element: { kind: 'integer' } })('[1,\n 2]')).toBe('[1,  2]');
  });

  it('encodes only the bytes of a view, not the buffer behind it', () => {
    const view = new Uint8Array(Buffer.from('xxabcxx').buffer, Buffer.from('').byteOffset, 0);
    const part = Uint8Array.from([9, 9, 1, 2, 3, 9]).subarray(2, 5);
    expect(jsonWriter({ kind: 'bytes' })(part)).toBe('"AQID"');
    expect(jsonWriter({ kind: 'bytes' })(view)).toBe('""');
  });

  it('reads back as the same text, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const json = jsonWriter({ kind: 'text' })(text);
        expect(JSON.parse(json)).toBe(text);
        expect(json).not.toMatch(/[\n\r]/);
      }),
    );
  });

  it('reads back as the same double', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
        (value) => {
          expect(JSON.parse(jsonWriter({ kind: 'dynamic' })(value))).toBe(value);
        },
      ),
    );
  });
});

describe('the JSON encoder', () => {
  const columns = [column('id', 'integer'), column('na"me'), column('paid', 'decimal'), column('secret')];
  const [id] = columns as [(typeof columns)[number]];
  const rules = { include: null, exclude: ['secret'], rename: { paid: 'amount' } };
  const names = columns.map(({ name }) => name);

  it('writes the fields in the order of the columns, renamed, without what is excluded', () => {
    const encoder = jsonEncoder(eventSchema(columns, rules, [id]), names);
    const row = ['9007199254740993', 'Ann', '12.50', 'hidden'];
    expect(textsOf(encoder, oneRow(row))).toEqual(['{"id":9007199254740993}', '{"id":9007199254740993,"na\\"me":"Ann","amount":12.50}']);
  });

  it('writes null for a value that is not there', () => {
    const encoder = jsonEncoder(eventSchema(columns, rules, [id]), names);
    expect(textsOf(encoder, oneRow(['1', null, null, null]))[1]).toBe('{"id":1,"na\\"me":null,"amount":null}');
  });

  it('writes an empty object where no column is published', () => {
    const encoder = jsonEncoder(eventSchema(columns, { include: [], exclude: [], rename: {} }, [id]), ['id']);
    expect(textsOf(encoder, oneRow(['1']))).toEqual(['{"id":1}', '{}']);
  });

  it('has no key where the schema has none', () => {
    expect(eventOf(jsonEncoder(eventSchema(columns, noRules, []), names), oneRow(['1', 'a', '1', 's'])).key).toBeNull();
  });

  it('takes the key from a column that is no field of the value', () => {
    const schema = eventSchema(columns, { include: ['paid'], exclude: [], rename: {} }, [id]);
    const encoder = jsonEncoder(schema, ['paid', 'id']);
    expect(textsOf(encoder, oneRow(['1.0', '7']))).toEqual(['{"id":7}', '{"paid":1.0}']);
  });

  it('writes text as UTF-8', () => {
    const encoder = jsonEncoder(eventSchema([column('t')], noRules, []), ['t']);
    expect(eventOf(encoder, oneRow(['é😀'])).value?.equals(Buffer.from('{"t":"é😀"}', 'utf8'))).toBe(true);
  });

  it('gives the same bytes for the same row, always, and valid JSON on one line', () => {
    const value = fc.oneof(fc.constant(null), fc.bigInt(), fc.string(), fc.uint8Array(), fc.double({ noNaN: true }));
    const schema = eventSchema([column('a', 'dynamic'), column('b', 'dynamic')], noRules, []);
    const [one, other] = [jsonEncoder(schema, ['a', 'b']), jsonEncoder(schema, ['a', 'b'])];
    fc.assert(
      fc.property(fc.tuple(value, value), (row) => {
        const [, encoded] = textsOf(one, oneRow(row));
        expect(encoded).toBe(textsOf(other, oneRow(row))[1]);
        expect(encoded).not.toContain('\n');
        expect(Object.keys(JSON.parse(encoded ?? '') as object)).toEqual(['a', 'b']);
      }),
    );
  });
});
