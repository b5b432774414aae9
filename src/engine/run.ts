import { setMaxListeners } from 'node:events';
import { backoffDelay } from '../kit/backoff.ts';
import { asLiberateError, type ErrorCode, formatError, type LiberateError } from '../kit/errors.ts';
import type { Job } from '../model/job.ts';
import { emptyReport } from './empty-report.ts';
import type { Engine } from './engine.ts';
import { JobLoop, type LoopOptions, type Shared } from './job-loop.ts';
import { QuietReports } from './quiet-reports.ts';
import { namedTarget, type Target, targetsOf } from './resolve.ts';

export interface RunOutcome {
  /** The newest failure of each job that did not end well. */
  readonly failures: ReadonlyMap<string, LiberateError>;
}

/**
 * Runs every job until the signal aborts, or each once. Jobs are independent: the failure of one is told
 * and tried again at its next due time, and never stops another.
 */
export async function runJobs(engine: Engine, jobs: readonly Job[], options: LoopOptions, outer: AbortSignal): Promise<RunOutcome> {
  const failures = new Map<string, LiberateError>();
  // Whoever asked not to wait for a lease wants to know at once, not when the last job ends.
  const held = new AbortController();
  const signal = AbortSignal.any([outer, held.signal]);
  // Every waiting job listens: their number is no leak.
  setMaxListeners(0, outer, signal);
  await using quiet = new QuietReports(engine);
  const shared: Shared = { claims: new Map(), quiet };
  await Promise.all(
    jobs.map(async (job) => {
      try {
        for (const [name, failure] of await runJob(engine, job, options, shared, signal)) failures.set(name, failure);
      } catch (thrown) {
        if (signal.aborted) return;
        const error = asLiberateError(thrown).at({ job: job.name });
        failures.set(job.name, error);
        if (error.code === 'LIB406') held.abort(error);
        tellFailed(engine, job.name, error);
      }
    }),
  );
  return { failures };
}

async function runJob(
  engine: Engine,
  job: Job,
  options: LoopOptions,
  shared: Shared,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LiberateError>> {
  const failures = new Map<string, LiberateError>();
  const targets = await findTargets(engine, job, options, signal);
  await Promise.all(
    targets.map(async (target) => {
      const loop = new JobLoop(engine, job, target, options, shared);
      await runLoop(engine, loop, target, options, signal);
      if (loop.failure !== null) failures.set(target.name, loop.failure);
    }),
  );
  return failures;
}

/** Of a state that could be written when the run began: it may come back, and what is published meanwhile is nothing. */
const mayComeBack: ReadonlySet<ErrorCode> = new Set(['LIB405', 'LIB409']);

/** A loop ends only by the signal, or after its one cycle: what throws it out (a lost state store, one that only reads) is waited out. */
async function runLoop(engine: Engine, loop: JobLoop, target: Target, options: LoopOptions, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      await loop.run(signal);
      return;
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asLiberateError(thrown).at({ job: target.name });
      const waitedOut = error.transient || mayComeBack.has(error.code);
      if (error.code === 'LIB406' || options.once || !waitedOut) throw error;
      // No try again within one cycle: it has failed.
      if (!error.transient) tellFailed(engine, target.name, error);
      await pause(engine, target.name, error, attempt, signal);
    }
  }
}

/** The catalogue is needed before a wildcard has jobs at all; a scheduled run waits for the source. */
async function findTargets(engine: Engine, job: Job, options: LoopOptions, signal: AbortSignal): Promise<readonly Target[]> {
  const named = namedTarget(job);
  if (named !== null) return [named];
  const { source } = engine.source(job);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await targetsOf(job, source, await source.check(signal), signal);
    } catch (thrown) {
      const error = asLiberateError(thrown);
      if (signal.aborted || !error.transient || (options.once && attempt > job.retries)) throw error;
      await pause(engine, job.name, error, attempt, signal);
    }
  }
}

function tellFailed({ clock, observer }: Engine, job: string, error: LiberateError): void {
  const now = clock.now();
  observer({ type: 'cycle.end', report: { ...emptyReport(job, now, now, formatError(error)), outcome: 'failed', code: error.code } });
}

async function pause(engine: Engine, job: string, error: LiberateError, attempt: number, signal: AbortSignal): Promise<void> {
  const delayMs = backoffDelay(attempt, engine.random());
  engine.observer({ type: 'cycle.retry', job, attempt, delayMs, code: error.code, reason: formatError(error) });
  await engine.clock.sleep(delayMs, signal);
}
