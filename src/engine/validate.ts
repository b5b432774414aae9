import { LiberateError } from '../kit/errors.ts';
import type { Guarantee } from '../model/guarantee.ts';
import type { Job } from '../model/job.ts';
import type { Finding } from '../model/report.ts';
import type { Horizon } from '../model/watermark.ts';
import type { Sink } from '../sink/sink.ts';
import { checkDeletion } from './check-deletion.ts';
import type { SourceUse } from './engine.ts';
import { errorFinding } from './explain-job.ts';
import { indexAdvice, servingIndex } from './index-advice.ts';
import { type JobPlan, remarksOf, requestOf } from './job-plan.ts';
import { refuseNullKeys } from './key-nulls.ts';
import { explainedPoll } from './poll-request.ts';
import { resolveTarget, targetsOf } from './resolve.ts';
import { promiseOf } from './told-deletes.ts';

export interface ValidatedJob {
  readonly plan: JobPlan;
  readonly guarantee: Guarantee;
}

export interface Validation {
  readonly jobs: readonly ValidatedJob[];
  readonly findings: readonly Finding[];
}

/** Connects and holds a job against its database: tables, columns, types, NULLs in the cursor, an index that serves it. */
export async function validateJob(
  job: Job,
  { source, timezone }: SourceUse,
  sink: Pick<Sink, 'kind'>,
  signal: AbortSignal,
): Promise<Validation> {
  const jobs: ValidatedJob[] = [];
  const findings: Finding[] = [];
  try {
    const facts = await source.check(signal);
    const horizon = await source.horizon(job.lookback, signal);
    for (const target of await targetsOf(job, source, facts, signal)) {
      try {
        const plan = await resolveTarget(job, target, source, facts, timezone, signal);
        jobs.push({ plan, guarantee: promiseOf(plan, sink, facts.sight, horizon) });
        findings.push(...remarks(plan, facts.remarks), ...(await advice(plan, source, horizon, signal)), ...wakeSetup(plan, source));
        await checkDeletion(plan, source, signal);
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

function remarks(plan: JobPlan, ofSource: readonly string[]): readonly Finding[] {
  return [...ofSource, ...remarksOf(plan)].map((message) => ({ severity: 'info', code: null, job: plan.name, message, cure: null }));
}

/** What the owner of the tables has to run once for the hints to come. Whether it was done is not looked for: any code may notify. */
function wakeSetup({ job, name, relation, relationName }: JobPlan, { hints }: SourceUse['source']): readonly Finding[] {
  if (job.wake === null || (hints?.setup(job.wake, relation.kind === 'table' ? relation.table : null) ?? null) === null) return [];
  const where = relation.kind === 'table' ? relationName : 'each table that the query reads';
  const message = `wake: its hints come once ${where} has a trigger; \`liberate plan\` prints the SQL`;
  return [{ severity: 'info', code: null, job: name, message, cure: null }];
}

/** Only where no index is known to serve the polls is the database asked: it also knows those on expressions. */
async function advice(plan: JobPlan, source: SourceUse['source'], horizon: Horizon, signal: AbortSignal): Promise<readonly Finding[]> {
  if (plan.relation.kind !== 'table' || plan.mode === 'bulk' || servingIndex(plan) !== null) return [];
  const found = indexAdvice(plan, await explainedPoll(plan, source, horizon, signal), source);
  return found === null ? [] : [{ severity: 'warning', code: null, job: plan.name, message: found.message, cure: found.sql }];
}

async function refuseNulls(plan: JobPlan, source: SourceUse['source'], signal: AbortSignal): Promise<void> {
  if (plan.job.nulls === 'include' || plan.cursor.length === 0 || plan.cursor.some(({ nullable }) => !nullable)) return;
  const request = requestOf(plan, { window: { kind: 'nulls' } });
  const count = await source.countNulls(request, signal);
  if (count === 0) return;
  const names = plan.cursor.map(({ name }) => name).join(', ');
  throw new LiberateError('LIB205', `${count >= 1000 ? '1,000 or more' : count} rows of ${plan.relationName} have no ${names}`, {
    place: { job: plan.name, column: names },
  });
}
