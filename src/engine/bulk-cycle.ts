import type { JobState } from '../model/state.ts';
import type { Watermark } from '../model/watermark.ts';
import type { Commit, CycleContext } from './cycle.ts';
import { requestOf } from './job-plan.ts';
import { remembers } from './published-log.ts';
import { everyRow, noBooks, openPublisher } from './publisher.ts';
import { readPages } from './read-pages.ts';
import { noProgress, type Progress } from './tracker.ts';

/**
 * Publishes the whole relation, once it has done so only what has changed, with a tombstone for each row that is gone;
 * where nothing is remembered, everything each time.
 */
export async function bulkCycle(
  context: CycleContext,
  state: JobState | null,
  commit: Commit,
  signal: AbortSignal,
): Promise<Progress & Pick<JobState, 'loaded'>> {
  if (state?.loaded !== true || !remembers(context)) return loadAll(context, state, commit, signal);
  const { reconcile } = await import('./reconcile.ts');
  const turns = reconcile(context, false, signal);
  for (let turn = await turns.next(); turn.done !== true; ) turn = await turns.next();
  const done = { ...noProgress, loaded: true };
  await commit(done);
  return done;
}

/**
 * With a key it goes in key order, page by page, and one that was cut short goes on where it stopped; without a key it
 * is one statement from the start.
 */
async function loadAll(
  context: CycleContext,
  state: JobState | null,
  commit: Commit,
  signal: AbortSignal,
): Promise<Progress & Pick<JobState, 'loaded'>> {
  const { plan, source } = context;
  const keyed = plan.order.length > 0;
  const mark = keyed && state !== null && !state.loaded ? state.mark : null;
  const window = mark === null ? ({ kind: 'all' } as const) : ({ kind: 'after', mark, floor: null, tied: false } as const);
  const request = requestOf(plan, { window });
  const expected = await source.estimate(request, signal);
  const books = keyed ? { ...noBooks, reached: (mark: Watermark) => commit({ ...noProgress, mark, loaded: false }) } : noBooks;
  const publisher = await openPublisher(context, books, expected, signal, 'r');
  try {
    for await (const batch of readPages(source, request, keyed ? plan.job.batch : null, signal)) {
      await publisher.publish(batch, everyRow(keyed));
    }
    await publisher.drain();
  } finally {
    await publisher.settle();
  }
  // The next period begins from the top again.
  const done = { ...noProgress, loaded: true };
  await commit(done);
  return done;
}
