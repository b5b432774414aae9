import type { TableName } from '../../model/column.ts';
import { type Explained, fewNames } from '../../query/explained.ts';
import type { Flavour } from '../../query/flavour.ts';
import type { ReadRequest } from '../../query/request.ts';
import { bindText, quote } from './flavour.ts';
import { pageStatement } from './read.ts';
import type { Session } from './session.ts';

/** A node of EXPLAIN (FORMAT JSON), as far as it is looked at. */
interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Node[];
}

/** Plain EXPLAIN: the statement is planned with its binds, and not run. */
export async function explain(session: Session, flavour: Flavour, request: ReadRequest): Promise<Explained> {
  const { sql, run, binds } = pageStatement(flavour, request);
  const values = binds.map(bindText);
  const printed = await session.query(`EXPLAIN ${sql}`, values);
  const told = await session.query(`EXPLAIN (FORMAT JSON) ${sql}`, values);
  const [first] = JSON.parse(told.rows[0]?.[0] ?? '[]') as readonly { readonly Plan?: Node }[];
  const nodes = first?.Plan === undefined ? [] : [...nodesOf(first.Plan)];
  return {
    sql: run,
    binds: values,
    lines: printed.rows.map(([line]) => line ?? ''),
    scans: fewNames(nodes.flatMap(readWhole)),
    // An incremental sort, of the rows that share a stamp, is none: it begins at once.
    sorts: nodes.some((node) => node['Node Type'] === 'Sort'),
  };
}

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const inner of node.Plans ?? []) yield* nodesOf(inner);
}

function readWhole(node: Node): readonly string[] {
  const relation = node['Relation Name'];
  if (node['Node Type'] === 'Seq Scan' && relation !== undefined) return [relation];
  const walks = node['Node Type'] === 'Index Scan' || node['Node Type'] === 'Index Only Scan';
  return walks && node['Index Cond'] === undefined ? [`index ${node['Index Name'] ?? '?'} of ${relation ?? '?'}`] : [];
}

/** DDL of an index in reading order. `cursor`: COALESCE in this order. CONCURRENTLY lets writers go on meanwhile. */
export function indexSql(table: TableName, cursor: readonly string[], rest: readonly string[]): string {
  const name = table.schema === null ? quote(table.name) : `${quote(table.schema)}.${quote(table.name)}`;
  const [only, ...more] = cursor.map(quote);
  const first = more.length === 0 ? only : `(COALESCE(${[only, ...more].join(', ')}))`;
  return `CREATE INDEX CONCURRENTLY ON ${name} (${[first, ...rest.map(quote)].join(', ')})`;
}
