import { readFileSync } from 'node:fs';
import type { Column, ColumnType } from '../../src/model/column.ts';
import type { DescribedType } from './described.ts';
import { mariadbCases } from './mariadb.ts';
import { postgresCases } from './postgres.ts';
import { sqliteCases } from './sqlite.ts';
import type { TypeCase } from './type-case.ts';

/** The cases of each database, and the file in which the contract test keeps what a real server told of them. */
export const databases = {
  postgres: postgresCases,
  mysql: mariadbCases,
  sqlite: sqliteCases,
} as const satisfies Readonly<Record<string, readonly TypeCase[]>>;

export function describedOf(database: keyof typeof databases): readonly DescribedType[] {
  const lines = readFileSync(new URL(`${database}.schemas.jsonl`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as DescribedType);
}

/** The column of each case, as the source describes it, without a server. */
export function caseColumns(database: keyof typeof databases): readonly Column[] {
  const cases: readonly TypeCase[] = databases[database];
  const described = describedOf(database);
  const kinds = new Map(described.map(({ native }, at) => [native, (cases[at] as TypeCase).kind] as const).reverse());
  return described.map(({ native, facts }, at) => ({
    name: `c${at}`,
    type: typeOf(cases[at] as TypeCase, native, kinds),
    native,
    nullable: true,
    facts,
  }));
}

function typeOf({ kind, element }: TypeCase, native: string, kinds: ReadonlyMap<string, ColumnType['kind']>): ColumnType {
  if (kind !== 'array') return { kind };
  const found = element ?? kinds.get(native.replace(/(\[\])+$/, ''));
  if (found === undefined || found === 'array') throw new Error(`what is ${native} made of?`);
  return { kind: 'array', element: { kind: found } };
}
