import type { Horizon } from '../model/watermark.ts';
import type { CycleContext } from './cycle.ts';
import { IdTracker } from './id-tracker.ts';
import { requestOf } from './job-plan.ts';
import { readPages } from './read-pages.ts';
import type { Tracker } from './tracker.ts';

/**
 * Where open transactions are hidden, a gap is given up for its age alone. Before that the source is asked which of its ids stand
 * there uncommitted: those gaps count as met anew, and are asked for again when they are that old once more.
 *
 * To be called before the poll's own read. An id that is missing here is not in the table at all, or is inserted later; one that is
 * committed in between is met by that read. The other way round, what is inserted and committed between the two reads, and then
 * deleted by a transaction that rolls back, would be in neither.
 */
export async function keepUncommitted(
  { plan, source }: Pick<CycleContext, 'plan' | 'source'>,
  tracker: Tracker,
  { hidden = false }: Horizon,
  signal: AbortSignal,
): Promise<void> {
  if (source.uncommitted === null || !hidden || !(tracker instanceof IdTracker)) return;
  const gaps = tracker.dying;
  if (gaps.length === 0) return;
  // Without the job's `where:`, which the row may come to meet before it is committed; and without the key, which may be half made.
  const request = { ...requestOf(plan, { key: [], window: { kind: 'ids', gaps } }), columns: [], where: null, deleted: null };
  const dirty = { read: source.uncommitted };
  for await (const rows of readPages(dirty, request, plan.job.batch, signal)) {
    for (let at = 0; at < rows.count; at += 1) tracker.there(rows.position(at)[0] as string);
  }
}
