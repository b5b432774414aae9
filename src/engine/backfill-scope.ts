import { LiberateError } from '../kit/errors.ts';
import { type BackfillRange, type BackfillScope, type BackfillState, isFinished } from '../model/backfill.ts';
import type { StateStore } from '../state/state-store.ts';
import type { JobPlan } from './job-plan.ts';

export function scopeOf(plan: JobPlan, { from, to, window }: BackfillRange): BackfillScope {
  const { definition, encoder, job, topic } = plan;
  return { definition, schema: encoder.schema.fingerprint, sink: job.sink, topic: topic.name, from, to, window };
}

/** What a backfill is not gone on with for, in words; null where nothing differs. */
export function changedScope(now: BackfillScope, begun: BackfillScope): string | null {
  const parts = ({ definition, ...rest }: BackfillScope): readonly (readonly [string, string | null])[] => [
    ['--from', rest.from],
    ['--to', rest.to],
    ['--window', rest.window],
    ['what is read', definition.relation],
    ['the mode', definition.mode],
    ['the cursor', definition.cursor.join(', ')],
    ['the key', definition.key.join(', ')],
    ['the sink', rest.sink],
    ['the topic', rest.topic],
    ['the form of its events', rest.schema],
  ];
  const before = parts(begun);
  const at = parts(now).findIndex(([, value], index) => value !== before[index]?.[1]);
  if (at < 0) return null;
  const shown = (value: string | null | undefined): string => (value ? value : 'none');
  const [name, value] = parts(now)[at] as readonly [string, string | null];
  return `${name} was ${shown(before[at]?.[1])} when it was begun, and is ${shown(value)}`;
}

/** A job's targets that a backfill has yet to do, and when that backfill was begun. */
export interface Todo {
  readonly begun: number;
  readonly plans: readonly JobPlan[];
  readonly resumed: boolean;
}

export interface Asked extends BackfillRange {
  readonly resume: boolean;
  readonly restart: boolean;
  readonly dryRun: boolean;
}

/**
 * Begins anew, or goes on with the newest backfill of the job: of several tables, those that it has not finished. LIB503 for
 * one that is unfinished and neither resumed nor given up, LIB504 for one that was begun otherwise.
 */
export async function whatToDo(store: StateStore, plans: readonly JobPlan[], asked: Asked, now: number): Promise<Todo> {
  const known = await Promise.all(plans.map(async (plan) => ({ plan, state: await store.loadBackfill(plan.name) })));
  if (!asked.resume) {
    if (!asked.restart && !asked.dryRun) for (const { plan, state } of known) refuseUnfinished(plan, state);
    return { begun: now, plans, resumed: false };
  }
  const begun = Math.max(...known.map(({ state }) => state?.begun ?? 0));
  const todo = known.filter(({ state }) => state?.begun !== begun || !isFinished(state));
  if (begun === 0 || todo.length === 0) return { begun: now, plans, resumed: false };
  for (const { plan, state } of known) if (state?.begun === begun) refuseOther(plan, state, asked);
  return { begun, plans: todo.map(({ plan }) => plan), resumed: true };
}

export function refuseUnfinished({ name }: JobPlan, state: BackfillState | null): void {
  if (state === null || isFinished(state)) return;
  const done = state.chunks.filter((chunk) => chunk.done).length;
  const at = new Date(state.begun).toISOString();
  throw new LiberateError('LIB503', `the backfill begun at ${at} has done ${done} of its ${state.chunks.length} chunks`, {
    place: { job: name },
  });
}

/** LIB504 where the plan, or the range, is not what it was begun with. */
export function refuseOther(plan: JobPlan, state: BackfillState, range: BackfillRange): void {
  const changed = changedScope(scopeOf(plan, range), state.scope);
  if (changed !== null) throw new LiberateError('LIB504', changed, { place: { job: plan.name } });
}
