import type { Database } from 'better-sqlite3';
import { LiberateError } from '../../kit/errors.ts';
import type { IndexInfo, Relation, Shape, TableName } from '../../model/column.ts';
import { describeFrom } from '../../query/plan.ts';
import { refusedStatement } from './errors.ts';
import { sqliteFlavour } from './flavour.ts';
import { dynamicColumn, strictType } from './types.ts';

interface TableRow {
  readonly name: string;
  readonly type: string;
  /** 1: WITHOUT ROWID. */
  readonly wr: bigint;
  /** 1: STRICT. */
  readonly strict: bigint;
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: bigint;
  /** SQL of the default. */
  readonly dflt_value: string | null;
  /** Place in the primary key from 1; 0: not in it. */
  readonly pk: bigint;
}

interface IndexRow {
  readonly name: string;
  readonly unique: bigint;
  /** `c` CREATE INDEX, `u` UNIQUE, `pk` PRIMARY KEY. */
  readonly origin: string;
  readonly partial: bigint;
}

interface IndexColumnRow {
  /** -1: the rowid, -2: an expression. */
  readonly cid: bigint;
  readonly name: string | null;
  readonly desc: bigint;
  /** 0: SQLite has appended it, to tell rows apart. */
  readonly key: bigint;
}

const rows = <T>(database: Database, sql: string, ...binds: readonly unknown[]): readonly T[] =>
  database.prepare<unknown[], T>(sql).all(...binds);

/** Tables and views of the file itself, without SQLite's own and without what virtual tables keep beside them. */
export function listTables(database: Database): readonly TableName[] {
  const found = rows<TableRow>(
    database,
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
  );
  return found.map(({ name }) => ({ schema: null, name }));
}

/** LIB203, LIB207. */
export function describeRelation(database: Database, path: string, relation: Relation): Shape {
  try {
    return relation.kind === 'table' ? describeTable(database, path, relation.table) : describeQuery(database, relation);
  } catch (error) {
    throw refusedStatement(path, error);
  }
}

function describeQuery(database: Database, relation: Relation): Shape {
  // Preparing alone goes by the schema that the connection remembers; reading looks whether another one has changed it.
  database.prepare('SELECT 1 FROM main.sqlite_schema LIMIT 1').all();
  const statement = database.prepare(`SELECT * FROM ${describeFrom(sqliteFlavour, relation)} LIMIT 0`);
  // A column of a table may still be NULL here: an outer join makes it so.
  const columns = statement.columns().map(({ name, type }) => dynamicColumn({ name, type, nullable: true, stored: null, default: null }));
  return { columns, primaryKey: [], indexes: [], remarks: [], idRemarks: [] };
}

export function findTable(database: Database, { schema, name }: TableName): TableRow | null {
  if (schema !== null && schema.toLowerCase() !== 'main') return null;
  const found = rows<TableRow>(
    database,
    "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND lower(name) = lower(?)",
    name,
  );
  return found[0] ?? null;
}

function describeTable(database: Database, path: string, name: TableName): Shape {
  const table = findTable(database, name);
  if (table === null) {
    const full = name.schema === null ? name.name : `${name.schema}.${name.name}`;
    throw new LiberateError('LIB203', `there is no table ${full} in ${path}`);
  }
  // hidden = 1: arguments of a virtual table, which SELECT * leaves out too; generated columns (2, 3) stay.
  const found = rows<ColumnRow>(database, "SELECT * FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 1 ORDER BY cid", table.name);
  const key = found.filter(({ pk }) => pk > 0n).sort((a, b) => Number(a.pk - b.pk));
  const indexRows = rows<IndexRow>(database, "SELECT * FROM pragma_index_list(?, 'main') ORDER BY name", table.name);
  const rowid = rowidColumn(table, key, indexRows);
  return {
    columns: found.map((column) =>
      dynamicColumn({
        name: column.name,
        type: column.type,
        nullable: column.notnull === 0n && column.name !== rowid,
        stored: column.name === rowid ? 'integer' : table.strict === 0n ? null : strictType(column.type),
        default: column.dflt_value,
      }),
    ),
    primaryKey: key.map((column) => column.name),
    indexes: [
      ...(rowid === null ? [] : [{ name: 'PRIMARY KEY', columns: [rowid], unique: true }]),
      ...indexRows.flatMap((index) => serving(database, index, rowid)),
    ],
    remarks: [],
    idRemarks: rowid === null ? [] : rowidRemarks(database, table.name, rowid),
  };
}

/** The column that is the rowid itself (INTEGER PRIMARY KEY): any other primary key has an index of its own. */
function rowidColumn(table: TableRow, key: readonly ColumnRow[], indexes: readonly IndexRow[]): string | null {
  const [only, ...more] = key;
  if (table.type !== 'table' || table.wr !== 0n || only === undefined || more.length > 0) return null;
  return indexes.some(({ origin }) => origin === 'pk') ? null : only.name;
}

/** The index as an order to read in, if it can serve as one. */
function serving(database: Database, index: IndexRow, rowid: string | null): readonly IndexInfo[] {
  // It holds some rows only.
  if (index.partial !== 0n) return [];
  const parts = rows<IndexColumnRow>(database, 'SELECT * FROM pragma_index_xinfo(?) ORDER BY seqno', index.name);
  const columns: string[] = [];
  for (const { cid, name, desc, key } of parts) {
    // What SQLite appends orders the rows of equal stamps too, but has no part in what is unique.
    if (key === 0n && index.unique !== 0n) break;
    const column = cid === -1n ? rowid : name;
    // An expression, the rowid without a name, or another direction: the order ends before it.
    if (column === null || cid === -2n || desc !== parts[0]?.desc) {
      if (key !== 0n && index.unique !== 0n) return [];
      break;
    }
    if (!columns.includes(column)) columns.push(column);
  }
  return columns.length === 0 ? [] : [{ name: index.name, columns, unique: index.unique !== 0n }];
}

function rowidRemarks(database: Database, table: string, rowid: string): readonly string[] {
  const [made] = rows<{ readonly sql: string }>(database, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", table);
  // Names, strings and comments may hold the word; bare it can only be the key word.
  const bare = (made?.sql ?? '').replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  if (/\bAUTOINCREMENT\b/i.test(bare)) return [];
  return [
    `"${rowid}" is INTEGER PRIMARY KEY without AUTOINCREMENT: a deleted highest id is used again, and incrementing mode could miss the row that reuses it; declare it AUTOINCREMENT, or use a timestamp cursor`,
  ];
}
