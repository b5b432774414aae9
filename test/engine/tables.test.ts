import { describe, expect, it } from 'vitest';
import { expandTables, isPattern, parseTable, tableText } from '../../src/engine/tables.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import type { TableName } from '../../src/model/column.ts';

const table = (schema: string | null, name: string): TableName => ({ schema, name });
const tables = [
  table('public', 'orders'),
  table('public', 'tmp_a'),
  table('shop', 'orders'),
  table('shop', 'payments'),
  table('shop', 'tmp_b'),
];
const expand = (include: readonly string[], exclude: readonly string[] = [], schema: string | null = 'public'): readonly string[] =>
  expandTables(include, exclude, tables, schema).map(tableText);

describe('the tables of a job', () => {
  it.each<readonly [readonly string[], readonly string[], readonly string[]]>([
    [['shop.*'], [], ['shop.orders', 'shop.payments', 'shop.tmp_b']],
    [['shop.*'], ['shop.tmp_*'], ['shop.orders', 'shop.payments']],
    [['*'], [], ['public.orders', 'public.tmp_a']],
    [['*.orders'], [], ['public.orders', 'shop.orders']],
    [['*.*'], ['*.tmp_*', 'shop.*'], ['public.orders']],
    [['orders', 'shop.payments'], [], ['public.orders', 'shop.payments']],
    [['shop.pay*s'], [], ['shop.payments']],
  ])('%j without %j are %j', (include, exclude, expected) => {
    expect(expand(include, exclude)).toEqual(expected);
  });

  it('take a table of a pattern that names it twice once', () => {
    expect(expand(['orders', 'ord*'])).toEqual(['public.orders']);
  });

  it('are those without a schema where the database has none', () => {
    const flat = [table(null, 'orders'), table(null, 'order.items')];
    expect(expandTables(['*'], [], flat, null).map(tableText)).toEqual(['orders', 'order.items']);
  });

  it('mean every character but * as it is', () => {
    const odd = [table('s', 'a+b'), table('s', 'aab'), table('s', 'a$b'), table('s', 'a.b')];
    expect(expandTables(['s.a+b'], [], odd, null).map(tableText)).toEqual(['s.a+b']);
    expect(expandTables(['s.a.b'], [], odd, null).map(tableText)).toEqual(['s.a.b']);
  });

  it('are refused where none matches, with what there is', () => {
    const refused = (include: readonly string[], exclude: readonly string[], from: readonly TableName[]): string => {
      try {
        expandTables(include, exclude, from, 'public');
      } catch (error) {
        if (error instanceof LiberateError && error.code === 'LIB203') return error.message;
      }
      return 'not refused';
    };
    expect(refused(['shp.*'], ['x'], tables.slice(0, 2))).toBe(
      'no table matches shp.*, !x; the user can read: public.orders, public.tmp_a',
    );
    expect(refused(['*'], [], [])).toBe('no table matches *; the user can read: none');
    expect(refused(['shop.*'], ['shop.*'], tables)).toContain('no table matches shop.*, !shop.*');
  });
});

describe('the name of a table', () => {
  it.each([
    ['shop.orders', table('shop', 'orders')],
    ['orders', table(null, 'orders')],
    ['shop.a.b', table('shop', 'a.b')],
  ])('%s is read and written the same', (text, name) => {
    expect(parseTable(text)).toEqual(name);
    expect(tableText(name)).toBe(text);
  });

  it('is a pattern when it has a wildcard', () => {
    expect([isPattern('shop.*'), isPattern('shop.orders')]).toEqual([true, false]);
  });
});
