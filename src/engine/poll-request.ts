import type { Gap, Horizon, Watermark } from '../model/watermark.ts';
import type { Explained } from '../query/explained.ts';
import { type ReadRequest, smallPage } from '../query/request.ts';
import type { Source } from '../source/source.ts';
import { isInteger } from './gaps.ts';
import { type JobPlan, requestOf } from './job-plan.ts';
import { openTracker } from './poll-cycle.ts';
import { snapshotNow } from './skip.ts';
import { noProgress, type Progress } from './tracker.ts';

/** The first page of a job's reads, as its cycles ask for them, for looking at their statements. */
export interface JobRequests {
  /** The first load; of a bulk job, every one. */
  readonly load: ReadRequest;
  /** What comes after it, the look-back to a stamp included; null: a bulk job, or there is no row yet to poll from. */
  readonly poll: ReadRequest | null;
  /** A poll that also reads ids below its mark again; the one id before it stands for the gaps. null: the mode has no gaps. */
  readonly lookback: ReadRequest | null;
  /** The rows without a cursor, where the job publishes them. */
  readonly nulls: ReadRequest | null;
}

/** `mark`: where the poll stands, usually the newest row. */
export function requestsOf(plan: JobPlan, source: Source, horizon: Horizon, mark: Watermark | null): JobRequests {
  const page = { limit: pageOf(plan), sample: mark?.[0] ?? null };
  if (plan.mode === 'bulk') {
    return { load: requestOf(plan, { ...page, window: { kind: 'all' } }), poll: null, lookback: null, nulls: null };
  }
  const first = openTracker({ plan, source }, noProgress, horizon);
  const load = requestOf(plan, { ...page, window: first.window, recentFrom: first.recentFrom, below: first.below });
  const nulls = { ...load, window: { kind: 'nulls' } as const, recentFrom: null };
  return {
    load,
    poll: mark === null ? null : pollRequest(plan, source, horizon, mark),
    lookback: gapRequest(plan, source, horizon, mark),
    nulls: publishesNulls(plan) ? nulls : null,
  };
}

function gapRequest(plan: JobPlan, source: Source, horizon: Horizon, mark: Watermark | null): ReadRequest | null {
  const id = mark?.[0];
  if (mark === null || id === undefined || plan.mode !== 'incrementing' || !isInteger(id)) return null;
  const missing = String(BigInt(id) - 1n);
  return pollRequest(plan, source, horizon, mark, [{ from: missing, to: missing, seen: null }]);
}

/** A poll that stands at the mark and looks back as far as the horizon says now, and into the gaps. */
export function pollRequest(plan: JobPlan, source: Source, horizon: Horizon, mark: Watermark, gaps: readonly Gap[] = []): ReadRequest {
  const strict = plan.job.order === 'strict';
  const before: Progress = {
    mark: plan.mode === 'transaction' ? [snapshotNow(horizon)] : mark,
    since: String(horizon.floor),
    sent: {},
    tied: !strict,
    gaps,
    ...(strict ? { settled: true as const } : {}),
  };
  const { window, recentFrom, below } = openTracker({ plan, source }, before, horizon);
  return requestOf(plan, { window, recentFrom, below, sample: mark[0] ?? null, limit: pageOf(plan) });
}

/** Without an order there are no pages. */
const pageOf = ({ job, mode, order }: JobPlan): number | null =>
  mode === 'bulk' && order.length === 0 ? null : Math.min(smallPage, job.batch);

const publishesNulls = ({ job, cursor }: JobPlan): boolean => job.nulls === 'include' && cursor.every(({ nullable }) => nullable);

/** Above so many rows, the newest one is not looked for where no index leads to it: every row would be read. */
const mostRead = 1_000_000;

/** The position of the newest row; null for an empty relation, `costly` where finding it would read too much. */
export async function newestPosition(
  plan: JobPlan,
  source: Source,
  served: boolean,
  signal: AbortSignal,
): Promise<Watermark | 'costly' | null> {
  const request = requestOf(plan, { window: { kind: 'all' } });
  if (!served && ((await source.estimate(request, signal)) ?? 0) > mostRead) return 'costly';
  return source.last(request, signal);
}

/** The poll's statement as the database explains it; null where it cannot be asked, which hinders nothing. */
export async function explainedPoll(plan: JobPlan, source: Source, horizon: Horizon, signal: AbortSignal): Promise<Explained | null> {
  try {
    const mark = await newestPosition(plan, source, false, signal);
    if (mark === null || mark === 'costly') return null;
    return await source.explain(pollRequest(plan, source, horizon, mark), signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}
