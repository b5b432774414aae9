import type { Clock } from '../kit/clock.ts';
import { LiberateError } from '../kit/errors.ts';
import type { JobState } from '../model/state.ts';
import type { Observer } from '../observe/event.ts';
import type { Sink } from '../sink/sink.ts';
import type { Source } from '../source/source.ts';
import type { StateStore } from '../state/state-store.ts';
import { bulkCycle } from './bulk-cycle.ts';
import { sameDefinition } from './definition.ts';
import type { JobMemory } from './job-memory.ts';
import type { JobPlan } from './job-plan.ts';
import { pollCycle } from './poll-cycle.ts';
import type { Tally } from './tally.ts';
import type { Progress } from './tracker.ts';

export interface CycleContext {
  readonly plan: JobPlan;
  readonly source: Source;
  readonly sink: Sink;
  readonly store: StateStore;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly fence: bigint;
  readonly tally: Tally;
  readonly memory: JobMemory;
}

/** Progress that a part of the cycle asks to be made durable. */
export type Commit = (progress: Progress & Pick<JobState, 'loaded'>) => Promise<void>;

/**
 * One cycle: reads what is new since the committed state, publishes it, commits. Returns the state that
 * the next cycle starts from; after an error the committed state is still valid, and nothing but it counts.
 * `state`: what was loaded or returned last; null for a job that never ran, or had to wait.
 */
export async function runCycle(context: CycleContext, state: JobState | null, signal: AbortSignal): Promise<JobState | null> {
  const { plan } = context;
  if (state !== null) refuseOtherDefinition(plan, state);
  const whole = (progress: Parameters<Commit>[0]): JobState => ({
    ...progress,
    definition: plan.definition,
    schema: plan.encoder.schema.fingerprint,
  });
  const commit: Commit = (progress) => commitState(context, whole(progress));
  const last = plan.mode === 'bulk' ? await bulkCycle(context, state, commit, signal) : await pollCycle(context, state, commit, signal);
  return last === null ? state : whole(last);
}

/** LIB407 once another runner holds the job. */
export async function commitState({ store, plan, fence }: Pick<CycleContext, 'store' | 'plan' | 'fence'>, state: JobState): Promise<void> {
  const outcome = await store.commit(plan.name, state, fence);
  if (outcome === 'fenced') {
    throw new LiberateError('LIB407', 'another runner has taken the job over; its mark stands', { place: { job: plan.name } });
  }
}

function refuseOtherDefinition(plan: JobPlan, state: JobState): void {
  const changed = sameDefinition(plan.definition, state.definition);
  if (changed === null) return;
  throw new LiberateError('LIB501', changed, { place: { job: plan.name } });
}
