import { LiberateError } from '../kit/errors.ts';
import type { Relation, TableName } from '../model/column.ts';
import type { Job } from '../model/job.ts';
import type { Source, SourceFacts } from '../source/source.ts';
import { type JobPlan, planJob } from './job-plan.ts';
import { expandTables, isPattern, parseTable, tableText } from './tables.ts';

/** A job's name and relation once its wildcards are expanded. */
export interface Target {
  readonly name: string;
  readonly relation: Relation;
}

/** One target a job, or one a table where a wildcard or a list names several. Reads the catalogue only for wildcards. */
export async function targetsOf(job: Job, source: Source, facts: SourceFacts, signal: AbortSignal): Promise<readonly Target[]> {
  if (job.what.kind === 'query') return [{ name: job.name, relation: { kind: 'query', text: job.what.text } }];
  const { include, exclude } = job.what;
  const [only] = include;
  if (include.length === 1 && only !== undefined && !isPattern(only)) return [tableTarget(job.name, parseTable(only))];
  const tables = expandTables(include, exclude, await source.tables(signal), facts.defaultSchema);
  return tables.map((table) => tableTarget(`${job.name}/${tableText(table)}`, table));
}

const tableTarget = (name: string, table: TableName): Target => ({ name, relation: { kind: 'table', table } });

/** Looks at the relation and decides everything that a cycle needs. */
export async function resolveTarget(
  job: Job,
  target: Target,
  source: Source,
  facts: SourceFacts,
  timezone: string | null,
  signal: AbortSignal,
): Promise<JobPlan> {
  try {
    const shape = await source.describe(target.relation, signal);
    const topicNames = {
      source: job.source,
      schema: target.relation.kind === 'table' ? (target.relation.table.schema ?? facts.defaultSchema ?? facts.database) : facts.database,
      table: target.relation.kind === 'table' ? target.relation.table.name : job.name,
    };
    return planJob({ name: target.name, job, relation: target.relation, shape, timezone, topicNames });
  } catch (error) {
    if (error instanceof LiberateError) throw error.at({ job: target.name });
    throw error;
  }
}
