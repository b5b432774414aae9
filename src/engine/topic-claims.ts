import { LiberateError } from '../kit/errors.ts';
import type { JobPlan } from './job-plan.ts';

/** Sink and topic → the job that publishes to it. A topic of two tables would fold to neither. */
export type TopicClaims = Map<string, string>;

/** LIB304 when another job of the run publishes to the plan's topic. */
export function claimTopic(claims: TopicClaims, sink: string, { name, topic }: Pick<JobPlan, 'name' | 'topic'>): void {
  const place = `${sink} ${topic.name}`;
  const other = claims.get(place) ?? name;
  if (other !== name) {
    throw new LiberateError('LIB304', `job "${other}" publishes to ${topic.name} too, and it would fold to neither table`, {
      cure: 'Tell the topics apart, e.g. `topic: "{schema}.{table}"`.',
    });
  }
  claims.set(place, name);
}
