import type { Column, ColumnType } from '../../src/model/column.ts';

/** A column for tests; its type by kind. */
export function column(name: string, kind: Exclude<ColumnType['kind'], 'array'> = 'text', native: string = kind, nullable = true): Column {
  return { name, type: { kind }, native, nullable };
}
