import type { SourceUse } from '../../engine/engine.ts';
import { errorFinding, explainJob, type PlannedJob } from '../../engine/explain-job.ts';
import { Disposables } from '../../kit/disposables.ts';
import type { Job } from '../../model/job.ts';
import type { Finding } from '../../model/report.ts';
import type { Explained } from '../../query/explained.ts';
import { jsonType } from '../../schema/json/type.ts';
import type { Sink } from '../../sink/sink.ts';
import { openSinks, openSources } from '../compose.ts';
import { exitOfFindings, printFindings } from '../findings.ts';
import { jobKeys } from '../job-keys.ts';
import { chooseJobs, clean, load } from '../load.ts';
import { paints } from '../paint.ts';
import { planLines } from '../plan-text.ts';
import { checkAsJson } from '../schema-json.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface PlanOptions extends CommonOptions {
  readonly job: readonly string[];
}

/** `liberate plan FILE`: what each job would do, by which SQL, and what it promises; nothing is read, made or sent. Exit 0, 2 or 3. */
export async function plan(options: PlanOptions, surroundings: Surroundings): Promise<number> {
  const { stdout, signal, env } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const sources = await openSources(config, jobs, stack);
  const sinks = await openSinks(config, jobs, stdout, stack);
  const planned: PlannedJob[] = [];
  const findings: Finding[] = [];
  for (const job of jobs) {
    const found = await planOf(job, sources.get(job.source) as SourceUse, sinks.get(job.sink) as Sink, signal);
    planned.push(...found.jobs);
    findings.push(...found.findings);
  }
  if (options.json) stdout.write(`${clean(config, JSON.stringify({ jobs: planned.map(asJson), findings }))}\n`);
  else {
    const paint = paints(stdout, env);
    for (const one of planned) stdout.write(clean(config, `${planLines(one, paint).join('\n')}\n\n`));
    printFindings(config, findings, surroundings);
  }
  return exitOfFindings(findings);
}

interface Found {
  readonly jobs: readonly PlannedJob[];
  readonly findings: readonly Finding[];
}

/** One job that cannot be planned hides no other. */
async function planOf(job: Job, use: SourceUse, sink: Sink, signal: AbortSignal): Promise<Found> {
  try {
    const jobs = await explainJob(job, use, sink, signal);
    return { jobs, findings: jobs.flatMap(({ findings }) => findings) };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return { jobs: [], findings: [errorFinding(thrown, job.name)] };
  }
}

const statement = (explained: Explained | null): object | null =>
  explained === null ? null : { sql: explained.sql, binds: explained.binds };

function asJson({ plan, guarantee, load, poll, lookback, nulls, topic, schema, ...planned }: PlannedJob): object {
  const { lines, scans, sorts } = poll ?? load;
  const names = (columns: readonly { readonly name: string }[]): readonly string[] => columns.map(({ name }) => name);
  return {
    job: plan.name,
    relation: plan.relationName,
    source: plan.job.source,
    database: planned.database,
    topic: {
      name: plan.topic.name,
      sink: plan.job.sink,
      keyed: plan.topic.keyed,
      ...(topic && { exists: topic.exists, partitions: topic.partitions, policy: topic.policy }),
    },
    mode: plan.mode,
    cursor: names(plan.cursor),
    key: names(plan.key),
    order: names(plan.order),
    keys: Object.fromEntries(jobKeys(plan.job)),
    columns: plan.stream.model.fields.map(({ type, native, ...field }) => {
      return { ...field, type: native, json: jsonType(type) };
    }),
    schema: schema === null ? null : checkAsJson(schema),
    statements: { load: statement(load), poll: statement(poll), lookback: statement(lookback), nulls: statement(nulls) },
    noPoll: planned.unknown,
    explain: { of: poll === null ? 'load' : 'poll', lines, scans, sorts, verdict: planned.verdict },
    index: planned.advice,
    ...guarantee,
    reread: planned.reread,
    wake: planned.wake,
  };
}
