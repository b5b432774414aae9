import { LiberateError } from '../kit/errors.ts';
import type { TableName } from '../model/column.ts';

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `shop.*` → matches `shop.orders`; a pattern without a dot is meant in the default schema. */
function matcher(pattern: string): (table: TableName, defaultSchema: string | null) => boolean {
  const dot = pattern.indexOf('.');
  const glob = (text: string): RegExp => new RegExp(`^${escapeRegExp(text).replaceAll('\\*', '.*')}$`);
  const schema = dot < 0 ? null : glob(pattern.slice(0, dot));
  const name = glob(dot < 0 ? pattern : pattern.slice(dot + 1));
  return (table, defaultSchema) =>
    (schema === null ? table.schema === defaultSchema || table.schema === null : schema.test(table.schema ?? defaultSchema ?? '')) &&
    name.test(table.name);
}

export const isPattern = (text: string): boolean => text.includes('*');

/** `shop.orders` → schema and name; without a dot the schema is the connection's default. */
export function parseTable(text: string): TableName {
  const dot = text.indexOf('.');
  return dot < 0 ? { schema: null, name: text } : { schema: text.slice(0, dot), name: text.slice(dot + 1) };
}

export const tableText = (table: TableName): string => (table.schema === null ? table.name : `${table.schema}.${table.name}`);

/** The tables that the patterns name and the carve-outs leave, in name order. LIB203 when there is none. */
export function expandTables(
  include: readonly string[],
  exclude: readonly string[],
  tables: readonly TableName[],
  defaultSchema: string | null,
): readonly TableName[] {
  const wanted = include.map(matcher);
  const carved = exclude.map(matcher);
  const found = tables.filter(
    (table) => wanted.some((match) => match(table, defaultSchema)) && !carved.some((match) => match(table, defaultSchema)),
  );
  if (found.length > 0) return found;
  const named = [...include, ...exclude.map((pattern) => `!${pattern}`)].join(', ');
  const near = tables.slice(0, 10).map(tableText).join(', ');
  throw new LiberateError('LIB203', `no table matches ${named}; the user can read: ${near === '' ? 'none' : near}`);
}
