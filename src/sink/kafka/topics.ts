import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import { throwIfAborted } from '../../kit/abort.ts';
import type { Clock } from '../../kit/clock.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { TopicSpec } from '../../model/record.ts';
import type { TopicDefaults } from '../sink-config.ts';
import { brokerCode } from './errors.ts';
import { recentSettings, settingsOfNewTopic, type TopicConfig, type TopicFacts } from './topic-config.ts';

/** The topic's partitions that have a leader, and all of them; null when there is no such topic. */
async function partitionsOf(admin: Admin, topic: string): Promise<{ readonly all: number; readonly led: number } | null> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? [];
    return { all: partitions.length, led: partitions.filter(({ leader }) => leader >= 0).length };
  } catch (error) {
    if (brokerCode(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return null;
    throw error;
  }
}

async function settingsOf(admin: Admin, topic: string): Promise<TopicConfig> {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    return new Map((resources[0]?.configEntries ?? []).map(({ configName, configValue }) => [configName, configValue]));
  } catch (error) {
    // Only a look: without the permission for it the stream can still be published.
    if (brokerCode(error)?.endsWith('_AUTHORIZATION_FAILED')) return null;
    throw error;
  }
}

/** The topic as it is; null when there is none. */
export async function lookAt(admin: Admin, topic: string): Promise<TopicFacts | null> {
  const partitions = await partitionsOf(admin, topic);
  return partitions === null ? null : { partitions: partitions.all, config: await settingsOf(admin, topic) };
}

/** What brokers answer for a moment about a topic that was just made. */
const notYet: ReadonlySet<string> = new Set(['LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION']);

async function create(admin: Admin, spec: TopicSpec, defaults: TopicDefaults, settings: Readonly<Record<string, string>>): Promise<void> {
  const topic: ITopicConfig = {
    topic: spec.name,
    numPartitions: defaults.partitions ?? -1,
    replicationFactor: defaults.replication ?? -1,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  };
  // Resolves with false when another process was faster, which is as good.
  await admin.createTopics({ topics: [topic], waitForLeaders: false });
}

/** A leader is named in the metadata a little before it knows: only its answer for the offsets shows that it takes records. */
async function isLed(admin: Admin, topic: string): Promise<boolean> {
  try {
    const partitions = await partitionsOf(admin, topic);
    if (partitions === null || partitions.all === 0 || partitions.led < partitions.all) return false;
    await admin.fetchTopicOffsets(topic);
    return true;
  } catch (error) {
    if (notYet.has(brokerCode(error) ?? '')) return false;
    throw error;
  }
}

/** Makes the topic and waits until each partition has a leader: a send before that would fail. */
export async function makeTopic(
  admin: Admin,
  spec: TopicSpec,
  defaults: TopicDefaults,
  clock: Clock,
  signal: AbortSignal,
): Promise<TopicFacts> {
  const settings = settingsOfNewTopic(spec, defaults);
  try {
    await create(admin, spec, defaults, settings);
  } catch (error) {
    if (brokerCode(error) !== 'INVALID_CONFIG') throw error;
    // The answer does not say which setting; a broker before 3.6 refuses those that it does not know.
    const known = Object.entries(settings).filter(([name]) => !recentSettings.includes(name) || name in defaults.config);
    await create(admin, spec, defaults, Object.fromEntries(known));
  }
  // Bounded by the admin's deadline, which cuts the connection below it.
  while (!signal.aborted) {
    if (await isLed(admin, spec.name)) break;
    await clock.sleep(100, signal);
  }
  throwIfAborted(signal);
  const facts = await lookAt(admin, spec.name);
  if (facts === null) throw new LiberateError('LIB303', `topic ${spec.name} was made and is gone again`);
  return facts;
}
