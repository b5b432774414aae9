import { LiberateError } from '../kit/errors.ts';
import type { Job } from '../model/job.ts';
import type { StreamReader } from '../sink/stream-reader.ts';
import { type CycleContext, keepCount } from './cycle.ts';
import type { Engine } from './engine.ts';
import { jobLease } from './job-lease.ts';
import { newMemory } from './job-memory.ts';
import type { JobPlan } from './job-plan.ts';
import { reportsOf } from './resolve.ts';
import { admitted, asKnown } from './schema-gate.ts';
import { newTally } from './tally.ts';
import { tellsDeletes } from './told-deletes.ts';
import { alone } from './turn.ts';
import { type Compared, compare, mostTogether } from './verify-compare.ts';
import { progressOf, type VerifyContext } from './verify-context.ts';
import { type Findings, newFindings, recheck, type Verdict } from './verify-recheck.ts';
import { type Repaired, repair } from './verify-repair.ts';
import type { Difference, DigestTable } from './verify-table.ts';

export interface VerifyOptions {
  /** Publish again what is missing or stale. */
  readonly repair: boolean;
  /** With `repair`: a tombstone for each extra key. */
  readonly tombstones: boolean;
  /** Keys of each kind that the report names. */
  readonly samples: number;
  /** With `repair`: wait for a runner that holds the job; otherwise LIB406. */
  readonly wait: boolean;
  /** Differences that are looked at again together, which takes memory; left out: 250,000. */
  readonly together?: number;
}

/** How a stream compares with its relation. Times are milliseconds since 1970. */
export interface VerifyReport extends Readonly<Record<Difference, number>> {
  readonly job: string;
  readonly topic: string;
  /** The stream is the table: nothing is missing or stale, or all of it has been published again. */
  readonly same: boolean;
  /** Rows of the relation and events of the topic, at the first look. */
  readonly rows: number;
  readonly events: number;
  /** Keys that differ and that the next poll would publish, or that went on changing. */
  readonly inFlight: number;
  /** Rows of a job with `initial: skip` that it has never published. */
  readonly unloaded: number;
  /** Rows of which the dead letters tell why they were not published: neither missing nor stale. */
  readonly deadLetters: number;
  /** The job tells deletes: an extra key is a fault. */
  readonly deletesTold: boolean;
  readonly samples: Readonly<Record<Difference, readonly string[]>>;
  readonly repaired: Repaired | null;
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Folds the job's topic by key and compares it with the relation in one snapshot, beside a poller and writers that go
 * on. With `repair` it holds the job's lease, as a backfill does.
 */
export async function verifyJob(
  engine: Engine,
  job: Job,
  reader: StreamReader,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<readonly VerifyReport[]> {
  return reportsOf(job, engine.source(job), engine.store, (plan) => verifyPlan(engine, plan, reader, options, signal), signal);
}

async function verifyPlan(
  engine: Engine,
  plan: JobPlan,
  reader: StreamReader,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<VerifyReport> {
  if (plan.key.length === 0) throw new LiberateError('LIB206', 'without a key there is nothing to fold the stream by');
  const { store, clock, observer, readBack } = engine;
  const { source } = engine.source(plan.job);
  const sink = engine.sink(plan.job);
  const registry = engine.registry(plan.job);
  const shared = { plan, source, store, clock, observer, sink, registry };
  const startedAt = clock.now();
  const deletesTold = tellsDeletes({ plan, sink });
  const facts = { plan, deletesTold, startedAt, now: clock.now };
  const context: VerifyContext = { ...shared, reader, progress: progressOf(shared), holds: options.repair };
  if (!options.repair)
    return reportOf(facts, await judge({ ...context, plan: await asKnown(shared, signal) }, options, null, signal), null);
  await using lease = await jobLease(engine, plan.name, options.wait, signal);
  const both = AbortSignal.any([signal, lease.lost]);
  // One look at everything: no first try is made without care.
  const memory = { ...newMemory(), careful: true };
  const given: CycleContext = { ...shared, fence: lease.fence, tally: newTally(), memory, readBack, turn: alone };
  const own = await admitted({ ...context, ...given }, 'unknown', both);
  const bury = options.tombstones || deletesTold;
  const repaired = { published: 0, tombstones: 0 };
  const mend = async ({ accused, end }: Verdict): Promise<void> => {
    if (accused.count === 0) return;
    const { published, tombstones } = await repair({ ...own, tally: newTally() }, accused, end, bury, both);
    repaired.published += published;
    repaired.tombstones += tombstones;
  };
  const judged = await judge(own, options, mend, both);
  await keepCount(own);
  return reportOf(facts, judged, repaired);
}

interface Judged extends Compared {
  readonly findings: Findings;
}

/** `mend`: told of each verdict, before the next is looked for. */
async function judge(
  context: VerifyContext,
  { samples, together = mostTogether }: VerifyOptions,
  mend: ((verdict: Verdict) => Promise<void>) | null,
  signal: AbortSignal,
): Promise<Judged> {
  const end = await context.reader.end(context.plan.topic.name, signal);
  const findings = newFindings(samples);
  const again = async (candidates: DigestTable): Promise<void> => {
    const verdict = await recheck(context, candidates, end, findings, signal);
    await mend?.(verdict);
  };
  return { ...(await compare(context, end, together, again, signal)), findings };
}

interface Facts extends Pick<VerifyReport, 'deletesTold' | 'startedAt'> {
  readonly plan: JobPlan;
  readonly now: () => number;
}

function reportOf(
  { plan, deletesTold, startedAt, now }: Facts,
  { rows, events, findings }: Judged,
  repaired: Repaired | null,
): VerifyReport {
  const { counts, samples } = findings;
  const faults = counts.missing + counts.stale + (deletesTold ? counts.extra : 0);
  return {
    job: plan.name,
    topic: plan.topic.name,
    same: (repaired === null ? faults : 0) + counts.deadLetters === 0,
    rows,
    events,
    ...counts,
    deletesTold,
    samples,
    repaired,
    startedAt,
    endedAt: now(),
  };
}
