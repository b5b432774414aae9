import { LiberateError } from '../../kit/errors.ts';
import type { Column, ColumnFacts, IndexInfo, Relation, Shape, TableName } from '../../model/column.ts';
import type { Flavour } from '../../query/flavour.ts';
import { factsOf } from './facts.ts';
import { binaryCharset, type FieldFacts, nativeOf } from './field.ts';
import { literal } from './flavour.ts';
import type { Session, TextRow } from './session.ts';
import { columnType, orderless } from './types.ts';
import { fieldsVersion, hereOf, probeSql } from './version.ts';

export async function listTables(session: Session): Promise<readonly TableName[]> {
  const { rows } = await session.query(`
    SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES
    WHERE TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
      AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')`);
  const tables = rows.map(([schema, name]) => ({ schema: schema as string, name: name as string }));
  // Here, because the server would order by its own collation of names.
  return tables.sort((a, b) => order(a.schema, b.schema) || order(a.name, b.name));
}

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

export async function describeTable(session: Session, table: TableName, version: string): Promise<Shape> {
  const printed = table.schema === null ? table.name : `${table.schema}.${table.name}`;
  const schema = table.schema === null ? 'DATABASE()' : literal(table.schema);
  const here = hereOf(table);
  const { rows } = await session.query(
    `SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_COMMENT, COLUMN_DEFAULT FROM information_schema.COLUMNS WHERE ${here} ORDER BY ORDINAL_POSITION`,
  );
  if (rows.length === 0) {
    throw new LiberateError('LIB203', `table ${printed} does not exist, or the user has no SELECT on it`);
  }
  const json = await jsonColumns(session, rows, schema, table.name);
  const columns = rows.map(([name, native, nullable, doc, byDefault]) =>
    columnOf(name as string, native as string, json.has(name as string), nullable === 'YES', {
      ...(doc ? { doc } : {}),
      // MariaDB writes that there is none as SQL.
      ...(byDefault === null || byDefault === undefined || byDefault === 'NULL' ? {} : { default: byDefault }),
    }),
  );
  const engine = await engineOf(session, here);
  const keys = await keysOf(session, here, engine === 'InnoDB');
  const remarks = engine === null || engine === 'InnoDB' ? [] : [withoutTransactions(printed, engine)];
  return { columns, ...keys, remarks, idRemarks: [], version };
}

/** MariaDB's JSON is LONGTEXT with a check of the server's own making; MySQL has no table's name in this view, and a JSON type. */
async function jsonColumns(session: Session, columns: readonly TextRow[], schema: string, table: string): Promise<ReadonlySet<string>> {
  if (!columns.some(([, native]) => native === 'longtext')) return new Set();
  const { rows } = await session.query(
    `SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
     WHERE CONSTRAINT_SCHEMA = ${schema} /*M! AND TABLE_NAME = ${literal(table)} */ /*!80000 AND FALSE */`,
  );
  return new Set(rows.filter(([name, clause]) => clause === `json_valid(\`${name}\`)`).map(([name]) => name as string));
}

/**
 * Indexes that can serve a condition on, or the order of, whole columns in one direction. `clustered`: InnoDB ends
 * each index in the columns of the primary key, so one on (updated_at) serves the order by (updated_at, id).
 */
async function keysOf(session: Session, here: string, clustered: boolean): Promise<Pick<Shape, 'primaryKey' | 'indexes'>> {
  const { rows } = await session.query(
    `SELECT INDEX_NAME, COLUMN_NAME, NON_UNIQUE = 0,
       SUB_PART IS NULL AND INDEX_TYPE = 'BTREE' AND COLUMN_NAME IS NOT NULL /*!80000 AND IS_VISIBLE = 'YES' */, COLLATION
     FROM information_schema.STATISTICS WHERE ${here} ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
  );
  const parts = new Map<string, TextRow[]>();
  for (const row of rows) {
    const name = row[0] as string;
    parts.set(name, [...(parts.get(name) ?? []), row]);
  }
  const primaryKey = (parts.get('PRIMARY') ?? []).map(([, column]) => column as string);
  const serving = [...parts].filter(([, part]) => part.every((row) => row[3] === '1' && row[4] === part[0]?.[4]));
  const clustering = clustered ? serving.find(([name]) => name === 'PRIMARY') : undefined;
  const indexes = serving.map(([name, part]): IndexInfo => {
    const columns = part.map(([, column]) => column as string);
    const unique = part[0]?.[2] === '1';
    const ascending = part.every((row) => row[4] === 'A');
    const end = unique || !ascending || clustering === undefined ? [] : primaryKey.filter((column) => !columns.includes(column));
    return { name, columns: [...columns, ...end], unique };
  });
  return { primaryKey, indexes };
}

/** null: a view. */
async function engineOf(session: Session, here: string): Promise<string | null> {
  const { rows } = await session.query(`SELECT ENGINE FROM information_schema.TABLES WHERE ${here} AND TABLE_TYPE <> 'VIEW'`);
  return rows[0]?.[0] ?? null;
}

const withoutTransactions = (printed: string, engine: string): string =>
  `table ${printed} is kept by ${engine}, whose changes are seen while their statement still runs; ` +
  'use InnoDB, or give a `lookback:` longer than the longest statement';

/** A query's columns as the server describes its result. Two of one name it refuses by itself. */
export async function describeQuery(session: Session, flavour: Flavour, relation: Relation): Promise<Shape> {
  const fields = (await session.query(probeSql(flavour, relation))).fields as unknown as readonly FieldFacts[];
  const columns = fields.map((field) =>
    columnOf(field.name, nativeOf(field), field.extendedFormat === 'json', (field.flags & 1) === 0, lengthOf(field)),
  );
  return { columns, primaryKey: [], indexes: [], remarks: [], idRemarks: [], version: fieldsVersion(fields) };
}

/** The server tells the length in bytes, of which a character of utf8mb4 has four. */
function lengthOf({ columnType, columnLength, characterSet }: FieldFacts): ColumnFacts {
  if (columnType !== 253 && columnType !== 254) return {};
  return { length: characterSet === binaryCharset ? columnLength : Math.floor(columnLength / 4) };
}

export const columnOf = (name: string, native: string, json: boolean, nullable: boolean, facts: ColumnFacts = {}): Column => ({
  name,
  type: columnType(native, json),
  native,
  nullable,
  ...(orderless(native) ? { unordered: true } : {}),
  facts: { ...facts, ...factsOf(native) },
});
