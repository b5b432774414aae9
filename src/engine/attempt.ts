import { backoffDelay } from '../kit/backoff.ts';
import { asLiberateError, type ErrorCode, formatError, LiberateError } from '../kit/errors.ts';
import type { CycleReport } from '../model/report.ts';
import type { JobState } from '../model/state.ts';
import { type CycleContext, runCycle } from './cycle.ts';
import { type JobPlan, shownMarkOf } from './job-plan.ts';
import { asksForCare } from './refusals.ts';
import { newTally, type Tally } from './tally.ts';
import { movedOn } from './topic-version.ts';
import { noteUnsaved, proveSaving } from './unsaved.ts';

export type AttemptContext = Omit<CycleContext, 'tally'> & {
  /** A number from 0 to 1, for the spread of retries. */
  readonly random: () => number;
  /** Looks at the relation again after a failure which its change may be behind; null: it is as it was. None: that is not for this caller. */
  readonly again?: (signal: AbortSignal) => Promise<JobPlan | null>;
};

/** Failures of a job that planned for a relation as it was, and met it as it is. */
const tellsOfChange: ReadonlySet<ErrorCode> = new Set(['LIB203', 'LIB204', 'LIB207', 'LIB213', 'LIB215']);

/** Looks in one cycle: DDL that comes faster than it can be read is told as a failure. */
const mostLooks = 3;

export interface Attempted {
  readonly report: CycleReport;
  /** Where the next cycle starts; `unknown` after a failure: it must be loaded again. */
  readonly state: JobState | null | 'unknown';
  /** The failure behind a `failed` report. */
  readonly error: LiberateError | null;
}

/** A cycle with its retries: transient failures are tried again with back-off, from the committed state. */
export async function attemptCycle(begun: AttemptContext, known: JobState | null | 'unknown', signal: AbortSignal): Promise<Attempted> {
  const { store, clock, observer } = begun;
  let context = begun;
  let looks = 0;
  const startedAt = begun.turn.found?.startedAt ?? clock.now();
  const total = newTally();
  let state = known;
  for (let attempt = 1; ; attempt += 1) {
    const tally = newTally();
    const { plan } = context;
    try {
      if (state === 'unknown') {
        state = await store.load(plan.name);
        context.memory.letters?.forget();
        // Another runner's read may have ended just now.
        context.memory.readEndedAt = performance.now();
        context.memory.seen = null;
        await proveSaving(context, state);
      }
      state = await limited({ ...context, tally }, state, signal);
      add(total, tally);
      context.memory.careful = false;
      return { report: report(context, startedAt, total, state, 'ok', null), state, error: null };
    } catch (thrown) {
      add(total, tally);
      state = 'unknown';
      if (context.turn.found !== null && !signal.aborted) {
        // Whatever it was: it comes again, and to be told, where the job reads by itself.
        await context.turn.apart(signal);
        attempt -= 1;
        continue;
      }
      if (signal.aborted && !(signal.reason instanceof LiberateError)) {
        return { report: report(context, startedAt, total, null, 'stopped', null), state, error: null };
      }
      let error = asLiberateError(thrown).at({ job: plan.name });
      noteUnsaved(context.memory, error);
      if (looks < mostLooks) {
        try {
          const found = await changedPlan({ ...context, tally }, error, signal);
          if (found !== null) {
            looks += 1;
            context = { ...context, plan: found };
            attempt -= 1;
            continue;
          }
        } catch (refusal) {
          // What the relation is now is the reason, and not what the old plan stumbled over.
          if (signal.aborted) throw refusal;
          error = asLiberateError(refusal).at({ job: plan.name });
        }
      }
      if (!context.memory.careful && asksForCare(plan, error)) {
        context.memory.careful = true;
        observer({ type: 'cycle.retry', job: plan.name, attempt, delayMs: 0, code: error.code, reason: formatError(error) });
        continue;
      }
      if (!error.transient || error.code === 'LIB407' || attempt > plan.job.retries) {
        return { report: report(context, startedAt, total, null, 'failed', error), state, error };
      }
      const delayMs = backoffDelay(attempt, context.random());
      observer({ type: 'cycle.retry', job: plan.name, attempt, delayMs, code: error.code, reason: formatError(error) });
      await clock.sleep(delayMs, signal);
    }
  }
}

/** What to go on with where the relation, or the version of the topic, is another one by now; null: it is the same. */
async function changedPlan(context: CycleContext & AttemptContext, error: LiberateError, signal: AbortSignal): Promise<JobPlan | null> {
  const { again } = context;
  if (again === undefined) return null;
  return tellsOfChange.has(error.code) || (await movedOn(context, error, signal)) ? again(signal) : null;
}

/** One try under the job's own timeout. */
async function limited(context: CycleContext, state: JobState | null, signal: AbortSignal): Promise<JobState | null> {
  const { timeout } = context.plan.job;
  if (timeout === null) return runCycle(context, state, signal);
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new LiberateError('LIB502', `the cycle was still running after ${timeout} ms`)), timeout);
  try {
    return await runCycle(context, state, AbortSignal.any([signal, over.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Tries add up: what a failed one had acknowledged was published all the same. */
function add(total: Tally, tally: Tally): void {
  total.published += tally.published;
  total.repeated += tally.repeated;
  total.nulls += tally.nulls;
  total.deadLetters += tally.deadLetters;
  total.bytes += tally.bytes;
  total.newest = tally.newest ?? total.newest;
  total.lagMs = tally.lagMs ?? total.lagMs;
  total.held = tally.held;
}

function report(
  { plan, clock }: AttemptContext,
  startedAt: number,
  tally: Tally,
  state: JobState | null,
  outcome: CycleReport['outcome'],
  error: LiberateError | null,
): CycleReport {
  const mark = state?.mark?.[0] ?? null;
  return {
    job: plan.name,
    startedAt,
    endedAt: clock.now(),
    outcome,
    reason: error === null ? null : formatError(error),
    code: error?.code ?? null,
    published: tally.published,
    repeated: tally.repeated,
    nulls: tally.nulls,
    deadLetters: tally.deadLetters,
    bytes: tally.bytes,
    mark: state?.mark == null ? null : (shownMarkOf(plan, state.mark)[0] ?? null),
    lagMs: tally.lagMs,
    ...(tally.held === null ? {} : { held: tally.held }),
    markAt: mark === null ? null : plan.markTime(mark),
  };
}
