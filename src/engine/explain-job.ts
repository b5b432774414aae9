import { asLiberateError, formatError, type LiberateError } from '../kit/errors.ts';
import type { Guarantee } from '../model/guarantee.ts';
import type { Job } from '../model/job.ts';
import type { Finding } from '../model/report.ts';
import type { Horizon } from '../model/watermark.ts';
import { type Explained, withoutTexts } from '../query/explained.ts';
import type { ReadRequest } from '../query/request.ts';
import type { TopicOutlook } from '../sink/sink.ts';
import type { Source, SourceFacts } from '../source/source.ts';
import type { Engine, SourceUse } from './engine.ts';
import { type IndexAdvice, indexAdvice, servingIndex, verdictOn } from './index-advice.ts';
import { type JobPlan, remarksOf } from './job-plan.ts';
import { newestPosition, requestsOf } from './poll-request.ts';
import { resolveTarget, targetsOf } from './resolve.ts';
import { type SchemaView, viewSchema } from './schema-view.ts';
import { promiseOf } from './told-deletes.ts';

/** All that `liberate plan` says of a job, one for each of its tables. */
export interface PlannedJob {
  readonly plan: JobPlan;
  readonly database: string;
  readonly guarantee: Guarantee;
  readonly load: Explained;
  /** null: `unknown` says why. */
  readonly poll: Explained | null;
  /** Where the poll does not hold it. */
  readonly lookback: Explained | null;
  readonly nulls: Explained | null;
  readonly unknown: string | null;
  /** How the poll is answered, of a bulk job the load; in words. */
  readonly verdict: string;
  readonly advice: IndexAdvice | null;
  /** Rows that a quiet poll reads again, as the database estimates them; null: it does not. */
  readonly reread: number | null;
  /** null: the sink could not be asked, which is among the findings. */
  readonly topic: TopicOutlook | null;
  /** What was told of its schema; null: it could not be asked, which is among the findings. */
  readonly schema: SchemaView | null;
  /** SQL that the owner of the tables runs once, for `wake:`. */
  readonly wake: string | null;
  readonly findings: readonly Finding[];
}

/** Looks at everything that a job would do, and does none of it. Throws what makes a job impossible. */
export async function explainJob(
  job: Job,
  use: SourceUse,
  sink: ReturnType<Engine['sink']>,
  signal: AbortSignal,
): Promise<readonly PlannedJob[]> {
  const { source, timezone } = use;
  const facts = await source.check(signal);
  const horizon = await source.horizon(job.lookback, signal);
  const planned: PlannedJob[] = [];
  for (const target of await targetsOf(job, source, facts, signal)) {
    const plan = await resolveTarget(job, target, source, facts, timezone, signal);
    planned.push(await explainTarget(plan, { facts, horizon, source, sink }, signal));
  }
  return planned;
}

interface Looking {
  readonly facts: SourceFacts;
  readonly horizon: Horizon;
  readonly source: Source;
  readonly sink: ReturnType<Engine['sink']>;
}

async function explainTarget(plan: JobPlan, { facts, horizon, source, sink }: Looking, signal: AbortSignal): Promise<PlannedJob> {
  const { job, name, relation } = plan;
  const { mark, unknown } = await newest(plan, source, signal);
  const requests = requestsOf(plan, source, horizon, mark);
  const masked = (mark ?? []).filter((_, at) => [...plan.cursor.slice(0, 1), ...plan.order][at]?.masked === true);
  const asked = async (request: ReadRequest): Promise<Explained> => withoutTexts(await source.explain(request, signal), masked);
  const explained = async (request: ReadRequest | null): Promise<Explained | null> => (request === null ? null : await asked(request));
  const load = await asked(requests.load);
  const poll = await explained(requests.poll);
  const lookback = await explained(requests.lookback);
  const topic = await lookAtTopic(plan, sink, signal);
  // A sink that cannot be asked once is not asked again.
  const schema = 'outlook' in topic ? await lookAtSchema(plan, sink, signal) : { view: null, findings: [] };
  const table = relation.kind === 'table' ? relation.table : null;
  const remarks = [...facts.remarks, ...remarksOf(plan)].map((message) => ({ ...note(name), message }));
  return {
    plan,
    database: facts.version,
    guarantee: promiseOf(plan, sink, facts.sight, horizon),
    load,
    poll,
    lookback,
    nulls: await explained(requests.nulls),
    unknown,
    verdict: verdictOn(plan, poll ?? load, lookback),
    advice: indexAdvice(plan, poll, source),
    reread: requests.poll === null ? null : await source.estimate({ ...requests.poll, limit: null }, signal),
    topic: 'outlook' in topic ? topic.outlook : null,
    schema: schema.view,
    wake: job.wake === null ? null : (source.hints?.setup(job.wake, table) ?? null),
    findings: [
      ...remarks,
      ...schema.findings,
      ...('outlook' in topic ? topic.outlook.findings.map((one) => ({ ...one, job: name })) : [topic.finding]),
    ],
  };
}

const note = (job: string): Omit<Finding, 'message'> => ({ severity: 'info', code: null, job, cure: null });

/** Where a poll would stand. */
async function newest(
  plan: JobPlan,
  source: Source,
  signal: AbortSignal,
): Promise<{ readonly mark: readonly string[] | null; readonly unknown: string | null }> {
  if (plan.mode === 'bulk') return { mark: null, unknown: 'a bulk job does not poll: each run is a load' };
  try {
    const found = await newestPosition(plan, source, servingIndex(plan) !== null, signal);
    if (found === null) return { mark: null, unknown: 'there is no row yet that a poll could stand at' };
    if (found === 'costly') return { mark: null, unknown: 'finding the newest row without an index would read more than a million' };
    return { mark: found, unknown: null };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return { mark: null, unknown: `the newest row could not be found: ${formatError(asLiberateError(thrown))}` };
  }
}

/** By the history alone: a plan asks no registry. */
async function lookAtSchema(
  plan: JobPlan,
  sink: ReturnType<Engine['sink']>,
  signal: AbortSignal,
): Promise<{ readonly view: SchemaView | null; readonly findings: readonly Finding[] }> {
  try {
    return { view: await viewSchema(plan, { sink, registry: null, asked: true }, signal), findings: [] };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return { view: null, findings: [errorFinding(thrown, plan.name)] };
  }
}

async function lookAtTopic(
  { name, topic }: JobPlan,
  sink: ReturnType<Engine['sink']>,
  signal: AbortSignal,
): Promise<{ readonly outlook: TopicOutlook } | { readonly finding: Finding }> {
  try {
    return { outlook: await sink.look(topic, signal) };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return { finding: errorFinding(thrown, name) };
  }
}

/** A failure that concerns a job, as `validate` and `plan` list it. */
export function errorFinding(thrown: unknown, job: string): Finding {
  const { code, message, cure, place }: LiberateError = asLiberateError(thrown);
  return { severity: 'error', code, job: place.job ?? job, message, cure };
}
