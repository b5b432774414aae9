import type { Relation, TableName } from '../../model/column.ts';
import type { Flavour } from '../../query/flavour.ts';
import { describeFrom } from '../../query/plan.ts';
import type { FieldFacts } from './field.ts';
import { literal } from './flavour.ts';
import type { Session } from './session.ts';

/** A condition on the views of information_schema. */
export function hereOf({ schema, name }: TableName): string {
  return `TABLE_SCHEMA = ${schema === null ? 'DATABASE()' : literal(schema)} AND TABLE_NAME = ${literal(name)}`;
}

/** NOT NULL, unsigned, zerofill, enum and set: the other flags tell of indexes. */
const told = 1 | 32 | 64 | 256 | 2048;

/** A query is what its result is announced as. */
export const fieldsVersion = (fields: readonly FieldFacts[]): string =>
  fields
    .map(({ name, columnType, columnLength, characterSet, decimals, flags, extendedTypeName = '', extendedFormat = '' }) =>
      JSON.stringify([name, columnType, columnLength, characterSet, decimals, flags & told, extendedTypeName, extendedFormat]),
    )
    .join('');

export const probeSql = (flavour: Flavour, relation: Relation): string => `SELECT * FROM ${describeFrom(flavour, relation)} LIMIT 0`;

/** As it is now; empty where there is no such table any more. */
export async function versionOf(session: Session, flavour: Flavour, relation: Relation): Promise<string> {
  if (relation.kind === 'query') {
    const { fields } = await session.query(probeSql(flavour, relation));
    return fieldsVersion(fields as unknown as readonly FieldFacts[]);
  }
  // When a table was made is told in whole seconds only.
  const { rows } = await session.query(
    `SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY, COLUMN_COMMENT, COLUMN_DEFAULT
     FROM information_schema.COLUMNS WHERE ${hereOf(relation.table)} ORDER BY ORDINAL_POSITION`,
  );
  return rows.map((row) => JSON.stringify(row)).join('');
}
