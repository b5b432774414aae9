import { LiberateError } from '../kit/errors.ts';
import type { Relation, TableName } from '../model/column.ts';
import type { Job } from '../model/job.ts';
import type { Source, SourceFacts } from '../source/source.ts';
import type { StateStore } from '../state/state-store.ts';
import type { SourceUse } from './engine.ts';
import { type JobPlan, planJob } from './job-plan.ts';
import { expandTables, isPattern, parseTable, tableText } from './tables.ts';
import { inItsVersion } from './topic-version.ts';

/** A job's name and relation once its wildcards are expanded. */
export interface Target {
  readonly name: string;
  readonly relation: Relation;
}

/** The target of a job that is known by its name alone: a query, or one table. null: the catalogue must tell. */
export function namedTarget({ name, what }: Job): Target | null {
  if (what.kind === 'query') return { name, relation: { kind: 'query', text: what.text } };
  const [only] = what.include;
  if (what.include.length !== 1 || only === undefined || isPattern(only)) return null;
  return tableTarget(name, parseTable(only));
}

/** One target a job, or one a table where a wildcard or a list names several. Reads the catalogue only for those. */
export async function targetsOf(job: Job, source: Source, facts: SourceFacts, signal: AbortSignal): Promise<readonly Target[]> {
  const named = namedTarget(job);
  if (named !== null) return [named];
  // Every query is named, so these are patterns.
  const { include, exclude } = job.what as Extract<Job['what'], { readonly kind: 'tables' }>;
  const tables = expandTables(include, exclude, await source.tables(signal), facts.defaultSchema);
  return tables.map((table) => tableTarget(`${job.name}/${tableText(table)}`, table));
}

const tableTarget = (name: string, table: TableName): Target => ({ name, relation: { kind: 'table', table } });

/** Looks up which version of its topic a job publishes to; null: it is not asked for. */
type Progress = Pick<StateStore, 'load'> | null;

/** The plans of a job's targets, each made when it is asked for. */
export async function* plansOf(
  job: Job,
  { source, timezone }: Pick<SourceUse, 'source' | 'timezone'>,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<JobPlan> {
  const facts = await source.check(signal);
  for (const target of await targetsOf(job, source, facts, signal)) {
    const plan = await resolveTarget(job, target, source, facts, timezone, signal);
    yield progress === null ? plan : await inItsVersion(plan, progress);
  }
}

/** A report of each of a job's targets, one after the other. What fails names the target. */
export async function reportsOf<T>(
  job: Job,
  use: Pick<SourceUse, 'source' | 'timezone'>,
  progress: Progress,
  work: (plan: JobPlan) => Promise<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const reports: T[] = [];
  for await (const plan of plansOf(job, use, progress, signal)) {
    try {
      reports.push(await work(plan));
    } catch (error) {
      throw error instanceof LiberateError ? error.at({ job: plan.name }) : error;
    }
  }
  return reports;
}

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
    const { schema, table } = topicNames;
    const origin = { kind: source.kind, name: job.source, database: facts.database, schema, table };
    return planJob({ name: target.name, job, relation: target.relation, shape, timezone: timezone ?? facts.timezone, topicNames, origin });
  } catch (error) {
    if (error instanceof LiberateError) throw error.at({ job: target.name });
    throw error;
  }
}
