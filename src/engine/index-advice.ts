import type { IndexInfo } from '../model/column.ts';
import type { Explained } from '../query/explained.ts';
import type { Source } from '../source/source.ts';
import type { JobPlan } from './job-plan.ts';

/** An index that the polls of a job want, and its owner's statement that makes it. */
export interface IndexAdvice {
  readonly message: string;
  readonly sql: string;
}

/** The index that serves a job's polls: its columns begin with the cursor. null: none is known. */
export function servingIndex({ relation, cursor, shape }: JobPlan): IndexInfo | null {
  const [first, ...more] = cursor;
  if (relation.kind !== 'table' || first === undefined || more.length > 0) return null;
  const primary = { name: 'primary key', columns: shape.primaryKey, unique: true };
  return [...shape.indexes, primary].find(({ columns }) => columns[0] === first.name) ?? null;
}

/**
 * The one rule of `validate` and `plan`. `poll`: the poll's statement as the database explains it, which also knows
 * indexes on expressions; null: it could not be asked. A query's indexes are its writer's matter.
 */
export function indexAdvice(plan: JobPlan, poll: Explained | null, source: Source): IndexAdvice | null {
  const { relation, cursor, order, relationName } = plan;
  if (relation.kind !== 'table' || plan.mode === 'bulk' || servingIndex(plan) !== null) return null;
  if (poll?.scans?.length === 0) return null;
  const names = cursor.map(({ name }) => name);
  const rest = order.map(({ name }) => name).filter((name) => !names.includes(name));
  return {
    message: `no index of ${relationName} begins with the cursor: each poll reads the whole table`,
    sql: source.indexSql(relation.table, names, rest),
  };
}

/** How a poll is answered, in words; `lookback`: the same poll where it reads further back. */
export function verdictOn(plan: JobPlan, poll: Explained, lookback: Explained | null): string {
  const words = verdict(plan, poll);
  if (lookback === null) return words;
  return (lookback.scans ?? []).length === 0 ? `${words}; its look-back too` : `${words}; its look-back: ${verdict(plan, lookback)}`;
}

function verdict(plan: JobPlan, { scans, sorts }: Explained): string {
  if (scans === null) return 'not told';
  if (plan.mode === 'bulk') return 'the whole relation, as its mode says';
  if (scans.length === 0) return sorts ? 'index range, then a sort of what it finds' : 'index range';
  const index = servingIndex(plan);
  const why = index === null ? '' : `, although ${index.name} serves it: few rows, or outdated statistics`;
  return `full scan of ${scans.join(', ')}${sorts ? ' and a sort' : ''}${why}`;
}
