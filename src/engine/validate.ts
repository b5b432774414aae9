import { asLiberateError, LiberateError } from '../kit/errors.ts';
import type { Column, IndexInfo } from '../model/column.ts';
import type { Guarantee } from '../model/guarantee.ts';
import type { Job } from '../model/job.ts';
import type { Finding } from '../model/report.ts';
import type { SourceUse } from './engine.ts';
import { guaranteeOf } from './guarantee.ts';
import { type JobPlan, remarksOf, requestOf } from './job-plan.ts';
import { refuseNullKeys } from './key-nulls.ts';
import { resolveTarget, targetsOf } from './resolve.ts';

export interface ValidatedJob {
  readonly plan: JobPlan;
  readonly guarantee: Guarantee;
}

export interface Validation {
  readonly jobs: readonly ValidatedJob[];
  readonly findings: readonly Finding[];
}

/** Connects and holds a job against its database: tables, columns, types, NULLs in the cursor, an index that serves it. */
export async function validateJob(job: Job, { source, timezone }: SourceUse, signal: AbortSignal): Promise<Validation> {
  const jobs: ValidatedJob[] = [];
  const findings: Finding[] = [];
  try {
    const facts = await source.check(signal);
    const horizon = await source.horizon(job.lookback, signal);
    for (const target of await targetsOf(job, source, facts, signal)) {
      try {
        const plan = await resolveTarget(job, target, source, facts, timezone, signal);
        jobs.push({ plan, guarantee: guaranteeOf(plan, facts.sight, horizon) });
        findings.push(...remarks(plan, facts.remarks), ...indexAdvice(plan), ...wakeSetup(plan, source));
        await refuseNullKeys(plan, source, signal);
        await refuseNulls(plan, source, signal);
      } catch (error) {
        findings.push(errorFinding(error, target.name));
      }
    }
  } catch (error) {
    findings.push(errorFinding(error, job.name));
  }
  return { jobs, findings };
}

function errorFinding(thrown: unknown, job: string): Finding {
  const { code, message, cure, place } = asLiberateError(thrown);
  return { severity: 'error', code, job: place.job ?? job, message, cure };
}

function remarks(plan: JobPlan, ofSource: readonly string[]): readonly Finding[] {
  return [...ofSource, ...remarksOf(plan)].map((message) => ({ severity: 'info', code: null, job: plan.name, message, cure: null }));
}

/** What the owner of the tables has to run once for the hints to come. Whether it was done is not looked for: any code may notify. */
function wakeSetup({ job, name, relation, relationName }: JobPlan, { hints }: SourceUse['source']): readonly Finding[] {
  const sql = job.wake === null ? null : (hints?.setup(job.wake, relation.kind === 'table' ? relation.table : null) ?? null);
  if (sql === null) return [];
  const where = relation.kind === 'table' ? relationName : 'each TABLE that the query reads';
  return [{ severity: 'info', code: null, job: name, message: `wake: its hints come once this was run for ${where}:\n${sql}`, cure: null }];
}

async function refuseNulls(plan: JobPlan, source: SourceUse['source'], signal: AbortSignal): Promise<void> {
  if (plan.job.nulls === 'include' || plan.cursor.length === 0 || plan.cursor.some(({ nullable }) => !nullable)) return;
  const request = { ...requestOf(plan), window: { kind: 'nulls' } as const, page: null, limit: null, recentFrom: null, sample: null };
  const count = await source.countNulls(request, signal);
  if (count === 0) return;
  const names = plan.cursor.map(({ name }) => name).join(', ');
  throw new LiberateError('LIB205', `${count >= 1000 ? '1,000 or more' : count} rows of ${plan.relationName} have no ${names}`, {
    place: { job: plan.name, column: names },
  });
}

/** An index serves a poll when its columns begin with the cursor's, then the key's, in order. */
function indexAdvice(plan: JobPlan): readonly Finding[] {
  if (plan.relation.kind !== 'table') return [];
  const wanted = [...plan.cursor, ...plan.order].map(({ name }) => name);
  const [first] = wanted;
  if (first === undefined || plan.mode === 'bulk') return [];
  const indexes: readonly IndexInfo[] = [...plan.shape.indexes, { name: 'primary key', columns: plan.shape.primaryKey, unique: true }];
  if (plan.cursor.length === 1 && indexes.some(({ columns }) => columns[0] === first)) return [];
  const columns =
    plan.cursor.length === 1 ? wanted.join(', ') : `COALESCE(${plan.cursor.map(name).join(', ')}), ${plan.order.map(name).join(', ')}`;
  return [
    {
      severity: 'warning',
      code: null,
      job: plan.name,
      message: `no index of ${plan.relationName} begins with the cursor: each poll reads the whole table`,
      cure: `CREATE INDEX ON ${plan.relationName} (${columns})`,
    },
  ];
}

const name = (column: Column): string => column.name;
