import type { ErrorCode, LiberateError } from '../kit/errors.ts';
import type { JobState } from '../model/state.ts';
import { type CycleContext, commitState } from './cycle.ts';
import type { JobMemory } from './job-memory.ts';

/** Failures of the store, which may well be readable all the same: away, read-only or full, locked. */
const ofTheStore: ReadonlySet<ErrorCode> = new Set(['LIB401', 'LIB405', 'LIB408']);

/** To be told of each failure of what publishes. */
export function noteUnsaved(memory: JobMemory, { code }: LiberateError): void {
  if (ofTheStore.has(code)) memory.unsaved = true;
}

/**
 * After the state could not be saved, writes what it says once more: what leaves while that fails would leave again with each
 * try, as often as there are tries. So the batches that were on their way at the first failure are all that come again.
 */
export async function proveSaving(
  { store, plan, fence, memory }: Pick<CycleContext, 'store' | 'plan' | 'fence' | 'memory'>,
  state: JobState | null,
): Promise<void> {
  if (!memory.unsaved) return;
  if (state === null) await store.reset(plan.name, fence);
  else await commitState({ store, plan, fence }, state);
  memory.unsaved = false;
}
