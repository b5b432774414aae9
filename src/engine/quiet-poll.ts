import type { CycleReport } from '../model/report.ts';
import type { JobState } from '../model/state.ts';
import { smallPage } from '../query/request.ts';
import type { Source } from '../source/source.ts';
import { setBackBy } from './clock-set-back.ts';
import type { Seen } from './ended.ts';
import type { JobMemory } from './job-memory.ts';
import { type JobPlan, requestOf } from './job-plan.ts';
import { nullsAreDue } from './nulls.ts';
import { lookAfter, openTracker, remembersMore, seenBy } from './poll-cycle.ts';
import type { Found } from './turn.ts';

/** Milliseconds that a poll may take to be held for one that goes together with others. */
const lightMs = 100;

/** The next poll will most likely find nothing either, or little that was met before. */
export const isLight = ({ outcome, published, deadLetters, repeated, startedAt, endedAt }: CycleReport): boolean =>
  outcome === 'ok' && published + deadLetters === 0 && repeated < smallPage / 2 && endedAt - startedAt < lightMs;

const noKeys: Seen['until'] = new Map();

export interface QuietContext {
  readonly plan: JobPlan;
  readonly source: Source;
  readonly memory: JobMemory;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type Look =
  /** Nothing is new, and the next poll starts from there. */
  | { readonly state: JobState }
  /** The page's rows have to be met. */
  | { readonly found: Found }
  /** The poll has to be made by itself. */
  | null;

/**
 * A poll that will most likely find nothing, its page read together with those of other jobs. It is a poll like any other and reads what they
 * do; but nothing is made for rows that do not come.
 */
export async function lookTogether(context: QuietContext, state: JobState, signal: AbortSignal): Promise<Look> {
  const { plan, source, memory } = context;
  // These have more to look at before they read.
  if (plan.mode === 'bulk' || plan.mode === 'transaction' || plan.job.order === 'strict') return null;
  if (nullsAreDue(plan, memory, context.now)) return null;
  const asked = performance.now();
  const horizon = await source.horizon(plan.job.lookback, signal, lookAfter(context));
  const look = { now: horizon.now, asked, answered: performance.now() };
  if (plan.mode !== 'incrementing' && setBackBy(memory.look, state, look) !== 0n) return null;
  memory.horizon = horizon;
  const tracker = openTracker(context, state, horizon, memory);
  const { window, recentFrom, below } = tracker;
  if ((tracker.after ?? null) !== null) return null;
  const limit = Math.min(smallPage, plan.job.batch);
  const request = requestOf(plan, { window, recentFrom, below, sample: state.mark?.[0] ?? null, limit });
  const page = (await source.together?.(request, signal)) ?? null;
  memory.readEndedAt = performance.now();
  if (page === 'apart') return null;
  if (page === null) {
    if (state.gaps.length > 0) return { found: { startedAt: context.now, horizon, look, rows: null } };
    const end = tracker.end();
    memory.seen = seenBy(plan, horizon, tracker);
    memory.told.clear();
    memory.look = look;
    return { state: { ...state, ...end } };
  }
  if (!remembersMore(memory) && memory.answer.repeats(page.packed, state)) {
    // All that is remembered was met again, by rows that are the same: there is nothing that only a meeting would tell.
    memory.seen = seenBy(plan, horizon, tracker, noKeys);
    memory.look = look;
    return { state: { ...state, since: recentFrom === null ? state.since : String(recentFrom) } };
  }
  const rows = page.rows();
  // There may be more behind it.
  return rows !== null && rows.count >= limit ? null : { found: { startedAt: context.now, horizon, look, rows } };
}
