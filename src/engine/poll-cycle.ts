import { LiberateError } from '../kit/errors.ts';
import type { JobState } from '../model/state.ts';
import type { Horizon } from '../model/watermark.ts';
import type { Window } from '../query/request.ts';
import type { Commit, CycleContext } from './cycle.ts';
import { IdTracker } from './id-tracker.ts';
import { requestOf } from './job-plan.ts';
import { Ledger } from './ledger.ts';
import { openNulls } from './nulls.ts';
import { type Books, openPublisher, type Reader } from './publisher.ts';
import { readPages } from './read-pages.ts';
import { encodeOf } from './record.ts';
import { skipToNow } from './skip.ts';
import { StampTracker } from './stamp-tracker.ts';
import { noProgress, type Progress, type Tracker } from './tracker.ts';

type Outcome = Progress & Pick<JobState, 'loaded'>;

/** One poll of a job with a cursor: the initial load, or what came since; both are the same read. */
export async function pollCycle(context: CycleContext, state: JobState | null, commit: Commit, signal: AbortSignal): Promise<Outcome> {
  const { plan, source } = context;
  // Before every read that it bounds: an older horizon only makes the next look-back longer.
  const horizon = await source.horizon(plan.job.lookback, signal, lookAfter(context));
  context.memory.horizon = horizon;
  if (state === null && plan.job.initial.kind === 'skip') {
    const skipped = { ...(await skipToNow(context, horizon, signal)), loaded: true };
    await commit(skipped);
    return skipped;
  }
  return readOn(context, horizon, state, commit, signal);
}

/**
 * A look at the server that was taken for another job serves this one too. But ids that a read found missing are dated
 * by the next look: one from before that read would date them too early.
 */
const lookAfter = ({ plan, memory }: CycleContext): number =>
  plan.mode === 'incrementing' ? memory.readEndedAt : Number.NEGATIVE_INFINITY;

async function readOn(
  context: CycleContext,
  horizon: Horizon,
  state: JobState | null,
  commit: Commit,
  signal: AbortSignal,
): Promise<Outcome> {
  const { plan, source, tally } = context;
  const before: Progress = state ?? noProgress;
  const tracker = openTracker(context, before, horizon);
  const nulls = await openNulls(context, before, signal);
  const loading = state === null || !state.loaded;
  const sample = before.mark?.[0] ?? (loading ? await newestCursor(context, signal) : null);
  const request = { ...requestOf(plan), window: tracker.window, recentFrom: tracker.recentFrom, sample };
  const expected = loading ? await source.estimate({ ...request, page: null, limit: null }, signal) : null;

  const withNulls = (progress: Progress): Progress => ({ ...progress, sent: { ...nulls.sent(), ...progress.sent } });
  const ledger = new Ledger(state, commit);
  const books: Books = {
    leaves: (event) => ledger.leaves(event),
    ready: () => ledger.ready(),
    reached: (mark) => ledger.commit({ ...withNulls(tracker.at(mark)), loaded: !loading }),
  };
  const publisher = openPublisher(context, books, expected, signal);
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
    for await (const batch of readPages(source, request, plan.job.batch, signal)) {
      await publisher.publish(batch, reader);
    }
    await publisher.drain();
  } finally {
    context.memory.readEndedAt = performance.now();
    // A batch still on its way while the next try reads would let old overtake new.
    await publisher.settle();
  }
  tellDropped(context, tracker);
  const end: Outcome = { ...withNulls(tracker.end()), loaded: true };
  // A quiet poll writes nothing: the committed state, only older, is still true.
  if (state === null || loading || tally.published > 0 || moved(before, end)) await ledger.commit(end);
  return end;
}

/** What the next read is, of which rows it publishes which. */
export function openTracker({ plan, source }: Pick<CycleContext, 'plan' | 'source'>, before: Progress, horizon: Horizon): Tracker {
  const first = firstWindow(plan.job.initial, (text) => {
    const [cursor] = plan.cursor;
    if (cursor === undefined) throw new LiberateError('LIB901', 'a poll without a cursor');
    return source.parseCursor(text, cursor);
  });
  return plan.mode === 'incrementing' ? new IdTracker(before, horizon, first) : new StampTracker(before, horizon, first, encodeOf(plan));
}

function firstWindow(initial: CycleContext['plan']['job']['initial'], parse: (text: string) => string): Window {
  return initial.kind === 'from' ? { kind: 'range', from: parse(initial.value), to: null } : { kind: 'all' };
}

/** Mark text of the newest row's cursor, for databases whose stamps have a print form of their own. */
export async function newestCursor({ plan, source }: Pick<CycleContext, 'plan' | 'source'>, signal: AbortSignal): Promise<string | null> {
  if (source.kind !== 'sqlite' || plan.mode === 'incrementing') return null;
  const request = { ...requestOf(plan), window: { kind: 'all' } as const, page: null, limit: null, recentFrom: null, sample: null };
  return (await source.last(request, signal))?.[0] ?? null;
}

function moved(before: Progress, after: Progress): boolean {
  return before.mark?.join('\u0000') !== after.mark?.join('\u0000') || before.gaps.length !== after.gaps.length;
}

function tellDropped({ plan, observer }: CycleContext, tracker: Tracker): void {
  if (!(tracker instanceof IdTracker) || tracker.dropped === 0) return;
  observer({
    type: 'job.warning',
    job: plan.name,
    message: `${tracker.dropped} of the oldest id gaps are no longer watched: there are more than can be remembered`,
    cure: 'Nothing, unless a transaction as old as those ids is still open.',
  });
}
