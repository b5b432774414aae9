import { LiberateError } from '../../kit/errors.ts';
import type { TopicSpec } from '../../model/record.ts';
import type { TopicOutlook } from '../sink.ts';
import type { TopicDefaults } from '../sink-config.ts';
import { findingsOf, nameFault, refusesKeyless, settingsOfNewTopic, type TopicFacts } from './topic-config.ts';

export function refuseName({ name }: TopicSpec): void {
  const fault = nameFault(name);
  if (fault === null) return;
  throw new LiberateError('LIB304', `the topic name ${JSON.stringify(name)} ${fault}`, { cure: 'Set another `topic:` for the job.' });
}

export function refuseKeyless(spec: TopicSpec, facts: TopicFacts): void {
  if (spec.keyed || !refusesKeyless(facts)) return;
  throw new LiberateError('LIB304', `topic ${spec.name} is compacted and takes no record without a key, and the job has no key`, {
    cure: 'Give the job a key, set cleanup.policy=delete on the topic, or publish to another.',
  });
}

export const missingTopic = ({ name }: TopicSpec): LiberateError =>
  new LiberateError('LIB303', `topic ${name} does not exist, and topicDefaults.create is false`);

/** The topic as it was found, or as it would be made. LIB303, LIB304 where a run would fail by them. */
export function outlookOf(spec: TopicSpec, found: TopicFacts | null, defaults: TopicDefaults): TopicOutlook {
  if (found === null) {
    if (!defaults.create) throw missingTopic(spec);
    const policy = settingsOfNewTopic(spec, defaults)['cleanup.policy'] ?? null;
    return { exists: false, partitions: defaults.partitions, policy, findings: [] };
  }
  refuseKeyless(spec, found);
  const policy = found.config?.get('cleanup.policy') ?? null;
  return { exists: true, partitions: found.partitions, policy, findings: findingsOf(spec, found, defaults) };
}
