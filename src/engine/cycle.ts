import type { Clock } from '../kit/clock.ts';
import { LiberateError } from '../kit/errors.ts';
import type { JobState } from '../model/state.ts';
import type { Observer } from '../observe/event.ts';
import type { SchemaRegistry } from '../registry/schema-registry.ts';
import type { Sink } from '../sink/sink.ts';
import type { Source } from '../source/source.ts';
import type { StateStore } from '../state/state-store.ts';
import { lettersOf } from './bad-rows.ts';
import { bulkCycle } from './bulk-cycle.ts';
import { sameDefinition } from './definition.ts';
import type { Engine } from './engine.ts';
import type { JobMemory } from './job-memory.ts';
import type { JobPlan } from './job-plan.ts';
import { pollCycle } from './poll-cycle.ts';
import { admitted, toldOf } from './schema-gate.ts';
import type { Tally } from './tally.ts';
import { refuseOtherVersion, versionTold } from './topic-version.ts';
import type { Progress } from './tracker.ts';
import type { Turn } from './turn.ts';

export interface CycleContext {
  readonly plan: JobPlan;
  readonly source: Source;
  readonly sink: Sink;
  readonly registry: SchemaRegistry | null;
  readonly store: StateStore;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly fence: bigint;
  readonly tally: Tally;
  readonly memory: JobMemory;
  readonly readBack: Engine['readBack'];
  readonly turn: Turn;
}

/** Progress that a part of the cycle asks to be made durable. */
export type Commit = (progress: Progress & Pick<JobState, 'loaded'>) => Promise<void>;

/**
 * One cycle: reads what is new since the committed state, publishes it, commits. Returns the state that
 * the next cycle starts from; after an error the committed state is still valid, and nothing but it counts.
 * `state`: what was loaded or returned last; null for a job that never ran, or had to wait.
 */
export async function runCycle(given: CycleContext, state: JobState | null, signal: AbortSignal): Promise<JobState | null> {
  if (state !== null) {
    refuseOtherVersion(given.plan, state);
    refuseOtherDefinition(given.plan, state);
  }
  const context = await admitted(given, state, signal);
  const { plan } = context;
  const letters = lettersOf(context);
  // Here, so that the count in each commit is that of the topic, also after a crash between the two.
  if (letters?.count === null) await letters.standing(signal);
  const whole = (progress: Parameters<Commit>[0]): JobState => ({
    ...progress,
    definition: plan.definition,
    ...toldOf(context),
    ...versionTold(plan),
    ...counted(letters?.count ?? state?.deadLetters ?? 0),
  });
  const commit: Commit = (progress) => commitState(context, whole(progress));
  const last = plan.mode === 'bulk' ? await bulkCycle(context, state, commit, signal) : await pollCycle(context, state, commit, signal);
  return last === null ? state : whole(last);
}

/** Letters that stand, as the state has them. */
const counted = (deadLetters: number): Pick<JobState, 'deadLetters'> => (deadLetters === 0 ? {} : { deadLetters });

/** Outside of a cycle: the committed state takes over how many letters stand now. */
export async function keepCount({ store, plan, fence, memory }: Pick<CycleContext, 'store' | 'plan' | 'fence' | 'memory'>): Promise<void> {
  const count = memory.letters?.count ?? null;
  const state = count === null ? null : await store.load(plan.name);
  if (count === null || state === null || (state.deadLetters ?? 0) === count) return;
  const { deadLetters: _, ...rest } = state;
  await commitState({ store, plan, fence }, { ...rest, ...counted(count) });
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
