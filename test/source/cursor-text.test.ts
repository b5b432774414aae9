import { describe, expect, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import type { Column, ColumnType } from '../../src/model/column.ts';
import { parseCursorText } from '../../src/source/cursor-text.ts';

const column = (kind: 'integer' | 'decimal' | 'date' | 'timestamp' | 'timestamptz' | 'text'): Column => ({
  name: 'c',
  type: { kind } as ColumnType,
  native: kind,
  nullable: false,
});

describe('parseCursorText', () => {
  const accepted: readonly (readonly [string, Parameters<typeof column>[0], string])[] = [
    ['12345678901234567890', 'integer', '12345678901234567890'],
    [' -7 ', 'integer', '-7'],
    ['1.5', 'decimal', '1.5'],
    ['2024-02-29', 'date', '2024-02-29'],
    ['2026-01-31', 'timestamp', '2026-01-31 00:00:00'],
    ['2026-01-31T10:00', 'timestamp', '2026-01-31 10:00:00'],
    ['2026-01-31 10:00:01.000001', 'timestamp', '2026-01-31 10:00:01.000001'],
    ['2026-01-31', 'timestamptz', '2026-01-31 00:00:00'],
    ['2026-01-31T10:00:00Z', 'timestamptz', '2026-01-31 10:00:00'],
    ['2026-01-31T10:00:00.123456+02:00', 'timestamptz', '2026-01-31 08:00:00.123456'],
    ['2026-01-01 00:30:00+0530', 'timestamptz', '2025-12-31 19:00:00'],
    ['2026-01-31 10:00:00-03', 'timestamptz', '2026-01-31 13:00:00'],
  ];
  it.each(accepted)('takes %s for a %s as %s', (text, kind, expected) => {
    expect(parseCursorText(text, column(kind))).toBe(expected);
  });

  const refused: readonly (readonly [string, Parameters<typeof column>[0]])[] = [
    ['ten', 'integer'],
    ['1.5', 'integer'],
    ['', 'integer'],
    ['1e5', 'decimal'],
    ['2026-02-30', 'date'],
    ['2026-01-31T10:00:00Z', 'date'],
    ['yesterday', 'timestamptz'],
    ['2026-13-01', 'timestamptz'],
    ['2026-01-31T25:00:00Z', 'timestamptz'],
    ['2026-01-31T10:00:00.1234567Z', 'timestamptz'],
    // The server would ignore the zone without a word.
    ['2026-01-31T10:00:00+02:00', 'timestamp'],
    ['31.01.2026', 'timestamp'],
  ];
  it.each(refused)('refuses "%s" for a %s, with the value and what is expected', (text, kind) => {
    const parse = (): string => parseCursorText(text, column(kind));
    expect(parse).toThrow(LiberateError);
    expect(parse).toThrow(expect.objectContaining({ code: 'LIB103', message: expect.stringContaining(`"${text}"`) }));
    expect(parse).toThrow(/expected /);
  });

  it('refuses a column that is no cursor', () => {
    expect(() => parseCursorText('x', column('text'))).toThrow(expect.objectContaining({ code: 'LIB208' }));
  });
});
