import type { Relation, TableName } from '../../model/column.ts';
import type { Flavour } from '../../query/flavour.ts';
import { describeFrom } from '../../query/plan.ts';
import { quote } from './flavour.ts';
import type { Result, Session } from './session.ts';

/**
 * Which rows of the catalogue say what the table is, each by the transaction that wrote it: its own, those of its columns, that of its
 * primary key. What VACUUM and ANALYZE note in them is written in place, and is not seen here.
 */
export const tableVersionSql = `SELECT concat_ws(' ', c.oid, c.xmin,
    (SELECT string_agg(concat(a.attnum, '.', a.xmin), ',' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
    (SELECT string_agg(concat(i.indexrelid, '.', i.xmin), ',') FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary))
  FROM pg_catalog.pg_class c WHERE c.oid = to_regclass($1)`;

export const pathOf = ({ schema, name }: TableName): string => (schema === null ? quote(name) : `${quote(schema)}.${quote(name)}`);

/** What may stand for `:since` and `:until` while a query is described: they have no type, and `date_trunc('day', NULL)` wants one. */
export const bounds = ['NULL', 'NULL::timestamptz', 'NULL::bigint'] as const;

export const probeSql = (flavour: Flavour, relation: Relation, bound: string): string =>
  `SELECT * FROM ${describeFrom(flavour, relation, bound)} LIMIT 0`;

/** A query is what its result is announced as; with what stood for its bounds. */
export const fieldsVersion = (bound: string, { fields }: Pick<Result, 'fields'>): string =>
  `${bound} ${fields.map(({ name, dataTypeID, dataTypeModifier }) => `${quote(name)} ${dataTypeID}.${dataTypeModifier}`).join(',')}`;

/** As it is now; `known`: as it was. Empty where there is no such table any more. */
export async function versionOf(session: Session, flavour: Flavour, relation: Relation, known: string): Promise<string> {
  if (relation.kind === 'table') {
    const { rows } = await session.repeated(tableVersionSql, [pathOf(relation.table)]);
    return rows[0]?.[0] ?? '';
  }
  // A probe that fails would end the transaction that the page is read in.
  const bound = bounds.find((one) => known.startsWith(`${one} `)) ?? bounds[0];
  return fieldsVersion(bound, await session.repeated(probeSql(flavour, relation, bound), []));
}
