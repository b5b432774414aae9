import { LiberateError } from '../kit/errors.ts';
import { RecordBatch } from '../model/record-batch.ts';
import type { Horizon } from '../model/watermark.ts';
import type { CycleContext } from './cycle.ts';
import { GapSet, isInteger } from './gaps.ts';
import { requestOf } from './job-plan.ts';
import { newestCursor } from './newest-cursor.ts';
import { readPages } from './read-pages.ts';
import { encodeOf } from './record.ts';
import { StampTracker } from './stamp-tracker.ts';
import { noProgress, type Progress } from './tracker.ts';

/** LIB214 where the source has no numbers of transactions. */
export function snapshotNow({ snapshot }: Horizon): string {
  if (snapshot !== undefined) return snapshot;
  throw new LiberateError('LIB214', 'mode transaction needs PostgreSQL, whose transactions are numbered');
}

/** Ids below the newest whose gaps are looked for, when a job begins with what is there skipped. */
const idsLookedAt = 10_000n;

/**
 * `initial: skip`: the progress of a job that has published everything visible now. What is not visible
 * yet, though its stamp or id lies behind, will be met by the next look-back.
 */
export async function skipToNow(context: CycleContext, horizon: Horizon, signal: AbortSignal): Promise<Progress> {
  const { plan, source } = context;
  if (plan.mode === 'transaction') return { ...noProgress, mark: [snapshotNow(horizon)] };
  const strict = plan.job.order === 'strict';
  const below = strict ? horizon.floor : null;
  const sample = strict ? await newestCursor(context, signal) : null;
  const mark = await source.last(requestOf(plan, { sample, below, window: { kind: 'all' } }), signal);
  if (mark === null) return noProgress;
  if (strict) return { ...noProgress, mark, since: String(horizon.floor) };
  return plan.mode === 'incrementing' ? skipIds(context, mark, signal) : skipStamps(context, horizon, mark, signal);
}

async function skipStamps(context: CycleContext, horizon: Horizon, mark: readonly string[], signal: AbortSignal): Promise<Progress> {
  const { plan, source } = context;
  const before: Progress = { ...noProgress, mark, since: String(horizon.floor), tied: true };
  const encode = encodeOf(plan);
  const event = new RecordBatch({}, 1024);
  const tracker = new StampTracker(before, horizon, { kind: 'all' }, encode);
  const request = requestOf(plan, { window: tracker.window, recentFrom: tracker.recentFrom, sample: mark[0] as string });
  for await (const batch of readPages(source, request, plan.job.batch, signal)) {
    // What is ahead was committed since: the first poll publishes it.
    let behind = 0;
    for (; behind < batch.count && !batch.ahead(behind); behind += 1) {
      event.clear();
      encode(batch, behind, event);
      tracker.meet(batch, behind, event);
    }
    tracker.met({ ...batch, count: behind });
  }
  return tracker.end();
}

async function skipIds(context: CycleContext, mark: readonly string[], signal: AbortSignal): Promise<Progress> {
  const { plan, source } = context;
  const newest = mark[0] as string;
  if (!isInteger(newest)) return { ...noProgress, mark };
  const gaps = new GapSet([]);
  const from = BigInt(newest) - idsLookedAt;
  let last = from - 1n;
  const request = requestOf(plan, { window: { kind: 'range', from: String(from), to: null } });
  for await (const batch of readPages(source, request, plan.job.batch, signal)) {
    for (let at = 0; at < batch.count; at += 1) {
      const id = BigInt(batch.position(at)[0] as string);
      if (id > BigInt(newest)) continue;
      gaps.open(last, id);
      last = id;
    }
  }
  return { ...noProgress, mark, gaps: gaps.below(null) };
}
