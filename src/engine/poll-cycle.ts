import { LiberateError } from '../kit/errors.ts';
import type { JobState } from '../model/state.ts';
import type { Horizon } from '../model/watermark.ts';
import type { Window } from '../query/request.ts';
import { reachBack, setBackBy, tellSetBack } from './clock-set-back.ts';
import type { Commit, CycleContext } from './cycle.ts';
import { freshSince, type Seen } from './ended.ts';
import { tellClock, tellHeld } from './held.ts';
import { IdTracker } from './id-tracker.ts';
import type { JobMemory } from './job-memory.ts';
import { type JobPlan, requestOf } from './job-plan.ts';
import { Ledger } from './ledger.ts';
import { newestCursor } from './newest-cursor.ts';
import { openNulls } from './nulls.ts';
import { type Books, openPublisher, type Reader } from './publisher.ts';
import { readPages } from './read-pages.ts';
import { encodeOf } from './record.ts';
import { skipToNow, snapshotNow } from './skip.ts';
import { StampTracker } from './stamp-tracker.ts';
import { isSettled, StrictTracker } from './strict-tracker.ts';
import { noProgress, type Progress, type Tracker } from './tracker.ts';
import { TransactionTracker } from './transaction-tracker.ts';
import { keepUncommitted } from './uncommitted.ts';

type Outcome = Progress & Pick<JobState, 'loaded'>;

/** One poll of a job with a cursor: the initial load, or what came since; both are the same read. null: it had to wait, and has done nothing. */
export async function pollCycle(
  context: CycleContext,
  state: JobState | null,
  commit: Commit,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const { plan, source, turn } = context;
  const asked = turn.found?.look.asked ?? performance.now();
  // Before every read that it bounds: an older horizon only makes the next look-back longer.
  const horizon = turn.found?.horizon ?? (await source.horizon(plan.job.lookback, signal, lookAfter(context)));
  context.memory.horizon = horizon;
  if (plan.job.order === 'strict') {
    tellHeld(context, horizon);
    tellClock(context, state?.since ?? null, horizon);
    if (horizon.blocked) return null;
  }
  const look = { now: horizon.now, asked, answered: turn.found?.look.answered ?? performance.now() };
  if (state === null && plan.job.initial.kind === 'skip') {
    const skipped = { ...(await skipToNow(context, horizon, signal)), loaded: true };
    await commit(skipped);
    return skipped;
  }
  // In strict order nothing behind the mark may leave: there the log says what to do.
  const by = cannotReachBack(plan) ? 0n : setBackBy(context.memory.look, state ?? noProgress, look);
  tellSetBack(context.observer, plan.name, by, context.memory.look);
  const unfinished = plan.mode === 'transaction' && (state?.mark?.length ?? 0) > 1;
  const outcome = await readOn(context, { horizon, by }, state, commit, signal);
  // Only now: a read that failed has not met the rows of the time that came twice.
  context.memory.look = look;
  // What a crash cut short ended at its own snapshot.
  return unfinished && state !== null ? readOn(context, { horizon, by: 0n }, { ...state, ...outcome }, commit, signal) : outcome;
}

/**
 * A look at the server that was taken for another job serves this one too. But ids that a read found missing are dated
 * by the next look: one from before that read would date them too early. And a snapshot must not be older than the mark.
 */
export const lookAfter = ({ plan, memory }: Pick<CycleContext, 'plan' | 'memory'>): number =>
  plan.mode === 'incrementing' || plan.mode === 'transaction' ? memory.readEndedAt : Number.NEGATIVE_INFINITY;

const cannotReachBack = ({ mode, job }: CycleContext['plan']): boolean =>
  mode === 'incrementing' || mode === 'transaction' || job.order === 'strict';

interface Looked {
  readonly horizon: Horizon;
  /** Microseconds by which the source's clock was set back. */
  readonly by: bigint;
}

async function readOn(
  context: CycleContext,
  { horizon, by }: Looked,
  state: JobState | null,
  commit: Commit,
  signal: AbortSignal,
): Promise<Outcome> {
  const { plan, source, tally, turn } = context;
  const { found } = turn;
  const before = reachBack(state ?? noProgress, by);
  const { memory } = context;
  const tracker = openTracker(context, before, horizon, { seen: by === 0n ? memory.seen : null, told: memory.told });
  // Until this poll has ended well, nothing is known of what it met.
  memory.seen = null;
  await keepUncommitted(context, tracker, horizon, signal);
  const nulls = await openNulls(context, before, signal);
  const loading = state === null || !state.loaded;
  const sample = before.mark?.[0] ?? (await newestCursor(context, signal));
  const { window, recentFrom, below } = tracker;
  const request = requestOf(plan, { window, recentFrom, below, sample });
  const expected = loading ? await source.estimate(request, signal) : null;

  // These have no cursor now: what is remembered of an earlier row of the key is older.
  const withNulls = (progress: Progress): Progress => ({ ...progress, sent: { ...progress.sent, ...nulls.sent() } });
  const ledger = new Ledger(state, commit);
  let leaving = false;
  const books: Books = {
    leaves: (event) => {
      leaving = true;
      ledger.leaves(event);
    },
    ready: () => {
      if (leaving) turn.place();
      return ledger.ready();
    },
    reached: (mark) => ledger.commit({ ...withNulls(tracker.at(mark)), loaded: !loading }),
  };
  const operation = loading ? 'r' : plan.mode === 'incrementing' ? 'c' : 'u';
  const publisher = await openPublisher(context, books, expected, signal, operation);
  const reader: Reader = {
    meet: (rows, at, event) => {
      nulls.forget(event);
      return tracker.meet(rows, at, event);
    },
    markBefore: (rows, at) => tracker.markBefore(rows, at),
    met: (rows) => tracker.met(rows),
  };
  try {
    await nulls.publish(publisher, signal);
    if (found === null) {
      for await (const batch of readPages(source, request, plan.job.batch, signal, tracker.after)) await publisher.publish(batch, reader);
    } else if (found.rows !== null) await publisher.publish(found.rows, reader);
    await publisher.drain();
  } finally {
    if (found === null) memory.readEndedAt = performance.now();
    // A batch still on its way while the next try reads would let old overtake new.
    await publisher.settle();
  }
  tellDropped(context, tracker);
  const end: Outcome = { ...withNulls(tracker.end()), loaded: true };
  // A quiet poll writes nothing: the committed state, only older, is still true.
  if (state === null || loading || tally.published > 0 || (plan.mode !== 'transaction' && moved(before, end))) await ledger.commit(end);
  memory.seen = seenBy(plan, horizon, tracker);
  memory.told.clear();
  const packed = found?.rows?.packed ?? null;
  if (packed !== null && tally.published === 0 && !remembersMore(memory)) memory.answer.keep(packed, before, end);
  else memory.answer.forget();
  return end;
}

/** What the next read is, of which rows it publishes which. */
export function openTracker(
  { plan, source }: Pick<CycleContext, 'plan' | 'source'>,
  before: Progress,
  horizon: Horizon,
  { seen, told }: { readonly seen: Seen | null; readonly told?: ReadonlySet<string> } = { seen: null },
): Tracker {
  const first = firstWindow(plan.job.initial, (text) => {
    const [cursor] = plan.cursor;
    if (cursor === undefined) throw new LiberateError('LIB901', 'a poll without a cursor');
    return source.parseCursor(text, cursor);
  });
  if (plan.mode === 'transaction') {
    const from = first.kind === 'range' ? first.from : null;
    return new TransactionTracker(before, snapshotNow(horizon), from === null ? null : `${from}:${from}:`);
  }
  if (plan.mode === 'incrementing') return new IdTracker(before, horizon, first, plan.cached ? keptSince(plan, horizon) : null);
  if (plan.job.order === 'strict' && isSettled(before)) return new StrictTracker(before, horizon, first);
  if (plan.job.order === 'strict') return new StampTracker(before, horizon, first, encodeOf(plan), { settles: true });
  const fresh = freshSince(seen, horizon, plan.shape.rowVersions ?? null);
  // Where deletes are told, a row that is away for a while, and comes back as it was before that was told, is still in the stream.
  const until = fresh !== null || plan.job.reconcile !== null ? (seen?.until ?? new Map<string, bigint>()) : null;
  return new StampTracker(before, horizon, first, encodeOf(plan), { fresh, until, ...(told === undefined ? {} : { told }) });
}

/** Is there more to a poll than its rows: keys of rows that it has not met, or that were published beside the polls? */
export const remembersMore = ({ seen, told }: Pick<JobMemory, 'seen' | 'told'>): boolean => (seen?.until.size ?? 0) > 0 || told.size > 0;

/** What the next poll of this process may rely on. `until`: where the tracker was not asked. */
export function seenBy({ job }: Pick<JobPlan, 'job'>, horizon: Horizon, tracker: Tracker, until?: Seen['until']): Seen | null {
  const ended = horizon.ended ?? null;
  if (!(tracker instanceof StampTracker) || (ended === null && job.reconcile === null)) return null;
  return { ended, until: until ?? tracker.until };
}

/** A user's own look-back says how long an id is kept for later; otherwise the sessions do. */
const keptSince = ({ job }: CycleContext['plan'], { eldest }: Horizon): bigint | null => (job.lookback === null ? (eldest ?? null) : null);

function firstWindow(initial: CycleContext['plan']['job']['initial'], parse: (text: string) => string): Window {
  return initial.kind === 'from' ? { kind: 'range', from: parse(initial.value), to: null } : { kind: 'all' };
}

function moved(before: Progress, after: Progress): boolean {
  return before.mark?.join('\u0000') !== after.mark?.join('\u0000') || before.gaps.length !== after.gaps.length;
}

function tellDropped({ plan, observer }: CycleContext, tracker: Tracker): void {
  if (!(tracker instanceof IdTracker)) return;
  const warn = (message: string, cure: string): void => observer({ type: 'job.warning', job: plan.name, message, cure });
  if (tracker.dropped > 0)
    warn(
      `${tracker.dropped} of the oldest id gaps are no longer watched: there are more than can be remembered`,
      'Nothing, unless a transaction as old as those ids is still open.',
    );
  if (tracker.givenUp > 0)
    warn(
      `${tracker.givenUp} of the oldest id gaps are no longer watched, though a session that is still connected may keep their ids from the sequence's cache`,
      'Set CACHE 1 for the sequence, or give a `lookback:`; `liberate verify` finds what is missing.',
    );
}
