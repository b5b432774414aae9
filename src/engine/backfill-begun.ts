import { LiberateError } from '../kit/errors.ts';
import type { BackfillState } from '../model/backfill.ts';
import type { StateStore } from '../state/state-store.ts';
import { refuseUnfinished } from './backfill-scope.ts';
import type { JobPlan } from './job-plan.ts';

/**
 * Under the lease: what is kept of the backfill that was begun at that time, whoever has done it; null: nothing. LIB503 where another
 * process has begun one since, unless that is given up.
 */
export async function keptSince(store: StateStore, plan: JobPlan, begun: number, restart: boolean): Promise<BackfillState | null> {
  const found = await store.loadBackfill(plan.name);
  if (found?.begun === begun) return found;
  if (!restart && found !== null && found.begun > begun) refuseUnfinished(plan, found);
  return null;
}

/** Keeps a backfill before its first event: a crash in the first chunk can be resumed too. LIB407 */
export async function keepBegun(store: StateStore, { name }: JobPlan, state: BackfillState, fence: bigint): Promise<void> {
  if ((await store.commitBackfill(name, state, fence)) === 'committed') return;
  throw new LiberateError('LIB407', 'another runner has taken the job over before the first chunk', { place: { job: name } });
}
