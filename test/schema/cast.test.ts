import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as core from 'zod/v4/core';
import { castForm } from '../../src/config/schema/shaping-forms.ts';
import type { ColumnType } from '../../src/model/column.ts';
import type { Cast } from '../../src/model/shaping.ts';
import type { Value } from '../../src/model/value.ts';
import { caster } from '../../src/schema/shape/cast.ts';

const castOf = (text: string): Cast => (core.parse(castForm, { c: text }) as Record<string, Cast>)['c'] as Cast;
type Kind = Exclude<ColumnType['kind'], 'array'>;
const cast = (from: Kind, to: string, value: Exclude<Value, null>, timezone: string | null = null): Value =>
  caster({ kind: from }, castOf(to), timezone)(value);

describe('a cast', () => {
  it.each<readonly [Kind, string, Exclude<Value, null>, Value]>([
    ['decimal', 'string', '12345678901234567890.123456789', '12345678901234567890.123456789'],
    ['boolean', 'string', true, 'true'],
    ['dynamic', 'string', 9_223_372_036_854_775_807n, '9223372036854775807'],
    ['dynamic', 'string', 0.1, '0.1'],
    ['bytes', 'string', Buffer.from([0, 255]), 'AP8='],
    ['timestamptz', 'string', '2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00.000001Z'],
    ['text', 'integer', ' +007 ', '7'],
    ['text', 'integer', '-9223372036854775808', '-9223372036854775808'],
    ['integer', 'integer', '9223372036854775808', null],
    ['decimal', 'integer', '12.000', '12'],
    ['decimal', 'integer', '12.5', null],
    ['float', 'integer', '1e+3', '1000'],
    ['boolean', 'integer', true, '1'],
    ['text', 'integer', '-0', '0'],
    ['text', 'integer', '', null],
    ['text', 'integer', '0x10', null],
    ['text', 'decimal', '.50', '0.50'],
    ['text', 'decimal', '1.5e-3', '0.0015'],
    ['decimal', 'decimal', 'NaN', null],
    ['text', 'decimal(6,2)', '1234.5', '1234.50'],
    ['text', 'decimal(6,2)', '12345.5', null],
    ['text', 'decimal(6,2)', '1.505', null],
    ['text', 'decimal(6,2)', '1.500', '1.50'],
    ['text', 'decimal(3)', '999', '999'],
    ['decimal', 'float', '0.10', '0.1'],
    ['text', 'float', '-Infinity', '-Infinity'],
    ['text', 'float', '1e999', null],
    ['integer', 'boolean', '1', true],
    ['text', 'boolean', 'F', false],
    ['integer', 'boolean', '2', null],
    ['timestamp', 'date', '2026-02-28T23:59:59.999999', '2026-02-28'],
    ['text', 'date', '2026-02-30', null],
    ['date', 'date', '0000-00-00', null],
    ['date', 'date', 'infinity', null],
    ['text', 'time', '23:59:59.1', '23:59:59.1'],
    ['time', 'time', '25:00:00', null],
    ['timestamptz', 'time', '2026-01-01T10:11:12.000001Z', '10:11:12.000001'],
    ['text', 'timestamp', '2026-01-01 10:11:12.5', '2026-01-01T10:11:12.5'],
    ['text', 'timestamp', '2026-01-01T00:30:00+02:00', '2025-12-31T22:30:00'],
    ['text', 'timestamp', 'yesterday', null],
    ['text', 'timestamptz', '2026-01-01 00:30:00.123456+02', '2025-12-31T22:30:00.123456Z'],
    ['date', 'timestamptz', '2026-01-01', '2026-01-01T00:00:00Z'],
    ['text', 'uuid', '{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['bytes', 'uuid', Buffer.alloc(16, 1), '01010101-0101-0101-0101-010101010101'],
    ['text', 'uuid', 'a0eebc99', null],
    ['text', 'json', '{"a": 1}', '{"a": 1}'],
    ['text', 'json', '{a: 1}', null],
    ['integer', 'json', '12345678901234567890', '12345678901234567890'],
    ['date', 'json', '2026-01-01', '"2026-01-01"'],
  ])('of %s to %s: %s', (from, to, value, made) => {
    expect(cast(from, to, value)).toEqual(made);
  });

  it('of text to bytes is its UTF-8', () => {
    expect(cast('text', 'bytes', 'é🙂')).toEqual(Buffer.from('é🙂'));
  });

  it("of a stamp without a zone to an instant goes by the source's zone, both sides of a change of the clock", () => {
    expect(cast('timestamp', 'timestamptz', '2026-07-01T12:00:00.000009', 'Europe/Berlin')).toBe('2026-07-01T10:00:00.000009Z');
    expect(cast('timestamp', 'timestamptz', '2026-01-01T12:00:00', 'Europe/Berlin')).toBe('2026-01-01T11:00:00Z');
  });

  it('never changes a number: what a decimal of any size is cast to means the same', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(40), (digits, scale) => {
        const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
        const written = `${digits < 0n ? '-' : ''}${text.slice(0, text.length - scale)}${scale === 0 ? '' : `.${text.slice(text.length - scale)}`}`;
        expect(cast('text', 'decimal', written)).toBe(digits === 0n ? written.replace('-', '') : written);
        expect(cast('text', 'decimal', `${digits}e-${scale}`)).toBe(cast('text', 'decimal', written));
      }),
    );
  });
});
