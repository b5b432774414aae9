import type { TableName } from '../../model/column.ts';
import { type Explained, fewNames, indexName } from '../../query/explained.ts';
import { planRead } from '../../query/plan.ts';
import type { ReadRequest } from '../../query/request.ts';
import { onePast } from '../batches.ts';
import { quote, sqliteFlavour } from './flavour.ts';
import { toLiteral } from './literal.ts';
import { allRows, bindValues, type Reading } from './read.ts';

/** A line of EXPLAIN QUERY PLAN. */
interface Step {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

/** EXPLAIN QUERY PLAN: the statement is planned, and not run. */
export function explain(reading: Reading, request: ReadRequest): Explained {
  const { sql, binds } = planRead(sqliteFlavour, onePast(request));
  // A statement that only explains does not see that the schema has changed: one that reads does.
  allRows(reading, { sql: 'SELECT count(*) FROM sqlite_schema', binds: [] });
  const rows = allRows(reading, { sql: `EXPLAIN QUERY PLAN ${sql}`, binds });
  const steps = rows.map(([id, parent, , detail]): Step => ({ id: Number(id), parent: Number(parent), detail: String(detail) }));
  return {
    sql,
    binds: bindValues(reading, binds).map(toLiteral),
    lines: tree(steps),
    scans: fewNames(scansOf(steps, request)),
    // Of the right part of the order alone, the rows that share a stamp, a sort begins at once.
    sorts: steps.some(({ detail }) => detail === 'USE TEMP B-TREE FOR ORDER BY'),
  };
}

function scansOf(steps: readonly Step[], { relation }: ReadRequest): readonly string[] {
  // What a query's own parts give is no table.
  const made = new Set(steps.flatMap(({ detail }) => /^(?:CO-ROUTINE|MATERIALIZE) (\S+)/.exec(detail)?.[1] ?? []));
  return steps.flatMap(({ detail }) => {
    const [, alias = '', index] = /^SCAN (\S+)(?: USING (?:COVERING )?INDEX (\S+))?/.exec(detail) ?? [];
    if (alias === '' || alias.startsWith('(') || made.has(alias) || detail === 'SCAN CONSTANT ROW') return [];
    const name = alias === 'q' && relation.kind === 'table' ? relation.table.name : alias;
    return [index === undefined ? name : `index ${index} of ${name}`];
  });
}

/** Each step under the one that it is a part of, as SQLite's own shell prints them. */
function tree(steps: readonly Step[]): readonly string[] {
  const depths = new Map<number, number>([[0, -1]]);
  return steps.map(({ id, parent, detail }) => {
    const depth = (depths.get(parent) ?? -1) + 1;
    depths.set(id, depth);
    return `${'  '.repeat(depth)}${detail}`;
  });
}

/** DDL of an index in reading order. `cursor`: COALESCE in this order. */
export function indexSql(table: TableName, cursor: readonly string[], rest: readonly string[]): string {
  const name = sqliteFlavour.table(table);
  const [only, ...more] = cursor.map(quote);
  const first = more.length === 0 ? only : `COALESCE(${[only, ...more].join(', ')})`;
  return `CREATE INDEX ${quote(indexName(table.name, ...cursor, ...rest))} ON ${name} (${[first, ...rest.map(quote)].join(', ')})`;
}
