import type { TableName } from '../../model/column.ts';
import { type Explained, fewNames, indexName } from '../../query/explained.ts';
import type { Flavour } from '../../query/flavour.ts';
import { planRead } from '../../query/plan.ts';
import type { ReadRequest } from '../../query/request.ts';
import { onePast } from '../batches.ts';
import { serverErrno } from './errors.ts';
import { quote } from './flavour.ts';
import type { Result, Session } from './session.ts';
import { textTable } from './text-table.ts';

/** A view is not explained to who may not read what is under it. */
const viewDenied = 1345;

/** Plain EXPLAIN: the statement is planned, and not run, but for parts of a query that name no table: MariaDB works those out to plan. */
export async function explain(session: Session, flavour: Flavour, request: ReadRequest): Promise<Explained> {
  const { sql } = planRead(flavour, onePast(request));
  const statement = { sql: session.bounded(sql), binds: [] };
  try {
    return { ...statement, ...judge(await session.query(`EXPLAIN FORMAT=TRADITIONAL ${sql}`), request) };
  } catch (error) {
    if (serverErrno(error) !== viewDenied) throw error;
    const why = 'the server explains a view only to who has SHOW VIEW on it and SELECT on what it reads';
    return { ...statement, lines: [why], scans: null, sorts: false };
  }
}

function judge({ fields, rows }: Result, { relation }: ReadRequest): Pick<Explained, 'lines' | 'scans' | 'sorts'> {
  const at = (name: string): number => fields.findIndex((field) => field.name === name);
  const [table, type, key, extra] = [at('table'), at('type'), at('key'), at('Extra')];
  // What a query's own parts give, `<derived2>`, is no table.
  const whole = rows.filter((row) => ['ALL', 'index'].includes(row[type] ?? '') && !row[table]?.startsWith('<'));
  const names = whole.map((row) => {
    const name = row[table] === 'q' && relation.kind === 'table' ? relation.table.name : (row[table] ?? '?');
    return row[type] === 'index' ? `index ${row[key]} of ${name}` : name;
  });
  return {
    lines: textTable(
      fields.map(({ name }) => name),
      rows,
    ),
    scans: fewNames(names),
    sorts: rows.some((row) => row[extra]?.includes('Using filesort') === true),
  };
}

/** DDL of an index in reading order. MariaDB has none of an expression: a list of cursors becomes a column of its own. */
export function indexSql(table: TableName, cursor: readonly string[], rest: readonly string[]): string {
  const name = table.schema === null ? quote(table.name) : `${quote(table.schema)}.${quote(table.name)}`;
  const [only, ...more] = cursor;
  const columns = (first: string): string => [first, ...rest].map(quote).join(', ');
  if (more.length === 0) return `CREATE INDEX ${quote(indexName(table.name, only ?? '', ...rest))} ON ${name} (${columns(only ?? '')})`;
  const made = indexName(...cursor);
  const list = cursor.map(quote).join(', ');
  return (
    `ALTER TABLE ${name} ADD COLUMN ${quote(made)} DATETIME(6) AS (COALESCE(${list})) STORED, ADD INDEX (${columns(made)}); ` +
    `then \`cursor: ${made}\``
  );
}
