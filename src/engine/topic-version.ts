import { LiberateError } from '../kit/errors.ts';
import type { JobState } from '../model/state.ts';
import type { StateStore } from '../state/state-store.ts';
import { type CycleContext, commitState } from './cycle.ts';
import { type JobPlan, planJob } from './job-plan.ts';
import { judgeSchema } from './schema-gate.ts';
import { fitsRegistry } from './schema-ids.ts';
import { noProgress } from './tracker.ts';

/** The plan for the version of its topic that the job publishes to by now. */
export async function inItsVersion(plan: JobPlan, store: Pick<StateStore, 'load'>): Promise<JobPlan> {
  const topicVersion = versionOf(await store.load(plan.name));
  return topicVersion === plan.topicVersion ? plan : planJob({ ...plan.input, topicVersion });
}

const versionOf = (state: JobState | null): number => state?.topicVersion ?? 1;

/** As the state has it. */
export const versionTold = ({ topicVersion }: Pick<JobPlan, 'topicVersion'>): Pick<JobState, 'topicVersion'> =>
  topicVersion === 1 ? {} : { topicVersion };

/** LIB215: another runner has gone on in the next version since the plan was made, and the mark is one of that. */
export function refuseOtherVersion(plan: JobPlan, state: JobState): void {
  if (versionOf(state) === plan.topicVersion) return;
  const message = `the job has gone on in version ${versionOf(state)} of its topic, and this was to go to ${plan.topic.name}`;
  throw new LiberateError('LIB215', message, { place: { job: plan.name } });
}

/** Versions that are looked at for one that fits. */
const mostVersions = 100;

/** A change that breaks consumers, or that the saved mark does not survive. */
const breaking: ReadonlySet<string> = new Set(['LIB501', 'LIB701']);

/**
 * Lets a job that was stopped by `error` go on in the next version of its topic, where it is told to: afresh, with nothing loaded and nothing
 * remembered. The old topic stays as it is. False: it stands as it is.
 *
 * One commit decides it. A crash before it comes to the same decision again; after it the job is one that begins, whose topic has a
 * version. A version that is there already, as of a state that was reset, is gone on with where its consumers can read the events.
 */
export async function movedOn(context: CycleContext, error: LiberateError, signal: AbortSignal): Promise<boolean> {
  const { plan, store, memory, observer } = context;
  if (plan.job.onSchemaChange !== 'newTopic' || !breaking.has(error.code)) return false;
  if (await isReadable(context, signal)) return false;
  let next = plan;
  do {
    // Where a registry has something against each, another topic is no cure.
    if (next.topicVersion - plan.topicVersion === mostVersions) return false;
    next = planJob({ ...plan.input, topicVersion: next.topicVersion + 1 });
  } while (!(await isReadable({ ...context, plan: next }, signal)));
  const { deadLetters } = (await store.load(plan.name)) ?? {};
  const state = { ...noProgress, definition: next.definition, loaded: false, schema: '', ...versionTold(next) };
  await commitState(context, { ...state, ...(deadLetters === undefined ? {} : { deadLetters }) });
  // Of the other topic. What the state remembers of it is given up as soon as it is opened for this one.
  memory.published = null;
  memory.look = null;
  const message = `${error.message}; the job goes on in ${next.topic.name}, loaded afresh, and ${plan.topic.name} stays as it is`;
  observer({ type: 'job.warning', job: plan.name, message, cure: `Let consumers go over to ${next.topic.name}.` });
  return true;
}

/** Do the topic's consumers, as far as it has any, understand what the plan would publish? */
async function isReadable(context: Pick<CycleContext, 'plan' | 'sink' | 'registry'>, signal: AbortSignal): Promise<boolean> {
  return ((await judgeSchema(context, signal))?.verdict.ok ?? true) && fitsRegistry(context, signal);
}
