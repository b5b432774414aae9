import type { DeadLetter } from '../model/dead-letter.ts';
import type { Job } from '../model/job.ts';
import { booksOf } from './backfill-run.ts';
import { lettersOf } from './bad-rows.ts';
import { type CycleContext, keepCount } from './cycle.ts';
import type { Engine } from './engine.ts';
import { jobLease } from './job-lease.ts';
import { newMemory } from './job-memory.ts';
import type { JobPlan } from './job-plan.ts';
import type { Letters } from './letters.ts';
import { openPublisher } from './publisher.ts';
import { ReplayedRows } from './replayed-rows.ts';
import { reportsOf } from './resolve.ts';
import { admitted } from './schema-gate.ts';
import { newTally } from './tally.ts';
import { alone } from './turn.ts';

export interface ReplayOptions {
  /** Only the letter with this key, as its text, or with this id; null: all of the job. */
  readonly key: string | null;
  /** Wait for a runner that holds the job; otherwise LIB406. */
  readonly wait: boolean;
}

/** What became of a job's dead letters. Times are milliseconds since 1970. */
export interface ReplayReport {
  readonly job: string;
  readonly topic: string;
  /** Letters that were looked at. */
  readonly letters: number;
  /** Rows that were published, as they are now. */
  readonly published: number;
  /** Letters whose row is not there any more: settled too. */
  readonly gone: number;
  /** Letters of the job that stand: refused again, or not asked for. */
  readonly left: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Publishes the rows behind a job's dead letters as they are now, never as they were: under the job's lease, as a backfill does, so
 * that no newer event is overwritten. What is refused again stays.
 */
export async function replayLetters(
  engine: Engine,
  job: Job,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<readonly ReplayReport[]> {
  // What is refused again stays a letter, also of a job that meanwhile stops at such rows.
  const lettered: Job = { ...job, onBadRow: 'deadletter' };
  return reportsOf(lettered, engine.source(job), engine.store, (plan) => replay(engine, plan, options, signal), signal);
}

async function replay(engine: Engine, plan: JobPlan, { key, wait }: ReplayOptions, outer: AbortSignal): Promise<ReplayReport> {
  const { store, clock, observer, readBack } = engine;
  const startedAt = clock.now();
  await using lease = await jobLease(engine, plan.name, wait, outer);
  const signal = AbortSignal.any([outer, lease.lost]);
  const memory = { ...newMemory(), careful: true };
  const { source } = engine.source(plan.job);
  const own = { plan, source, store, observer, clock, readBack, sink: engine.sink(plan.job), registry: engine.registry(plan.job) };
  const given: CycleContext = { ...own, fence: lease.fence, tally: newTally(), memory, turn: alone };
  const context = await admitted(given, 'unknown', signal);
  const letters = lettersOf(context) as Letters;
  const standing = await letters.standing(signal);
  const asked = new Map([...standing].filter(([, letter]) => key === null || letter.key === key || letter.id === key));
  const gone = asked.size === 0 ? 0 : await publishAgain(context, letters, asked, signal);
  await keepCount(context);
  return {
    job: plan.name,
    topic: plan.deadLetterTopic,
    letters: asked.size,
    published: context.tally.published,
    gone,
    left: letters.count ?? standing.size,
    startedAt,
    endedAt: clock.now(),
  };
}

/** How many of the letters have no row any more. */
async function publishAgain(
  context: CycleContext,
  letters: Letters,
  asked: ReadonlyMap<string, DeadLetter>,
  signal: AbortSignal,
): Promise<number> {
  const { plan, source, sink } = context;
  await sink.prepare(plan.topic, signal);
  const rows = new ReplayedRows(plan, asked);
  const refused = letters.watch();
  const publisher = await openPublisher(context, await booksOf(context), asked.size, signal);
  try {
    for (const request of rows.requests(source)) {
      for await (const batch of source.read(request, signal)) await publisher.publish(batch, rows);
    }
    await publisher.drain();
  } finally {
    await publisher.settle();
  }
  // Only now: a letter is settled by what is acknowledged.
  await letters.resolve(
    [...rows.found, ...rows.gone].filter((name) => !refused.has(name)),
    signal,
  );
  return rows.gone.length;
}
