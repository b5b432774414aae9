import type { TopicSpec } from '../../model/record.ts';
import type { Finding } from '../../model/report.ts';
import type { TopicDefaults } from '../sink-config.ts';

/** A topic's settings by the broker's names, defaults included; null: the user may not read them. */
export type TopicConfig = ReadonlyMap<string, string> | null;

/** A topic as it was found. */
export interface TopicFacts {
  readonly partitions: number;
  readonly config: TopicConfig;
}

const unlimited = '9223372036854775807';
/** The broker's own default for message.max.bytes. */
export const defaultMaxMessageBytes = 1_048_588;

/**
 * Settings that only Kafka 3.6 and later know. Records carry event time, which can lie ahead of the
 * broker's clock by more than the hour that it allows by default.
 */
export const recentSettings: readonly string[] = ['message.timestamp.after.max.ms'];

/**
 * The settings of a topic that liberate makes. A keyed stream folds, so it is compacted. A stream
 * without keys keeps all: records carry event time, and retention would delete old rows at once.
 */
export function settingsOfNewTopic(spec: TopicSpec, defaults: TopicDefaults): Readonly<Record<string, string>> {
  return {
    ...(spec.keyed && spec.letters !== true ? { 'cleanup.policy': 'compact' } : { 'cleanup.policy': 'delete', 'retention.ms': '-1' }),
    'message.timestamp.type': 'CreateTime',
    'message.timestamp.after.max.ms': unlimited,
    ...defaults.config,
    ...(spec.letters === true ? settingsOfLetters : {}),
  };
}

/** No letter may vanish, whatever other topics are made with; a row too wide for its own topic must fit here: what one request can bring. */
const settingsOfLetters = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1', 'max.message.bytes': '100000000' };

/** Kafka's rule, and the two names that it also refuses; null when the name is good. */
export function nameFault(topic: string): string | null {
  if (topic === '') return 'is empty';
  if (topic === '.' || topic === '..') return 'is not allowed';
  if (topic.length > 249) return `has ${topic.length} characters, Kafka allows 249`;
  const wrong = /[^a-zA-Z0-9._-]/u.exec(topic)?.[0];
  return wrong === undefined ? null : `holds the character ${JSON.stringify(wrong)}; Kafka allows letters, digits, ".", "_" and "-"`;
}

export function maxMessageBytes({ config }: TopicFacts): number {
  const given = Number(config?.get('max.message.bytes') ?? defaultMaxMessageBytes);
  return Number.isFinite(given) && given > 0 ? given : defaultMaxMessageBytes;
}

/** A compacted topic refuses every record without a key. */
export function refusesKeyless({ config }: TopicFacts): boolean {
  return config?.get('cleanup.policy')?.split(',').includes('compact') === true;
}

const finding = (severity: Finding['severity'], message: string, cure: string | null): Finding => ({
  severity,
  code: severity === 'info' ? null : 'LIB304',
  job: null,
  message,
  cure,
});

/** What a user should know about a topic that is already there. */
export function findingsOf(spec: TopicSpec, facts: TopicFacts, defaults: TopicDefaults): readonly Finding[] {
  const findings: Finding[] = [];
  if (defaults.partitions !== null && facts.partitions !== defaults.partitions) {
    findings.push(
      finding(
        'warning',
        `topic ${spec.name} has ${facts.partitions} partitions, topicDefaults says ${defaults.partitions}: keys lie on other partitions than they would there`,
        'Set topicDefaults.partitions to what the topic has, or make the topic anew.',
      ),
    );
  }
  if (facts.config === null) {
    findings.push(
      finding(
        'info',
        `the settings of topic ${spec.name} may not be read by this user; the broker's defaults are assumed`,
        'Grant DESCRIBE_CONFIGS on the topic.',
      ),
    );
    return findings;
  }
  return [...findings, ...retentionFindings(spec, facts.config), ...recordFindings(spec, facts)];
}

function retentionFindings(spec: TopicSpec, config: ReadonlyMap<string, string>): readonly Finding[] {
  const policy = config.get('cleanup.policy') ?? 'delete';
  if (!policy.split(',').includes('delete')) return [];
  const limits = ['retention.ms', 'retention.bytes'].filter((name) => Number(config.get(name) ?? -1) >= 0);
  if (limits.length === 0) return [];
  const found = limits.map((name) => `${name}=${config.get(name)}`).join(', ');
  const cure = spec.keyed ? 'Set cleanup.policy=compact on the topic.' : 'Set retention.ms=-1 and retention.bytes=-1 on the topic.';
  return [
    finding('warning', `topic ${spec.name} has cleanup.policy=${policy} and ${found}: old rows vanish from it, by their own time`, cure),
  ];
}

function recordFindings(spec: TopicSpec, facts: TopicFacts): readonly Finding[] {
  const config = facts.config as ReadonlyMap<string, string>;
  const findings: Finding[] = [];
  if (config.get('message.timestamp.type') === 'LogAppendTime') {
    findings.push(
      finding(
        'info',
        `topic ${spec.name} has message.timestamp.type=LogAppendTime: records carry the time of their arrival, not of their row`,
        'Set message.timestamp.type=CreateTime on the topic.',
      ),
    );
  }
  const max = maxMessageBytes(facts);
  if (max < defaultMaxMessageBytes) {
    findings.push(
      finding(
        'warning',
        `topic ${spec.name} has max.message.bytes=${max}, less than Kafka's default of ${defaultMaxMessageBytes}: a wider row stops its job`,
        'Raise max.message.bytes on the topic.',
      ),
    );
  }
  return findings;
}
