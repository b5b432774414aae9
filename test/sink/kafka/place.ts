import type { OutboundRecord } from '../../../src/model/record.ts';
import { openKafka } from '../../../src/sink/kafka/sink.ts';
import type { Sink } from '../../../src/sink/sink.ts';
import type { KafkaSinkConfig } from '../../../src/sink/sink-config.ts';
import { readTopic, type TopicRecord } from '../../support/topics.ts';

/** Each Kafka test is run for both. */
export const clients = ['native', 'kafkajs'] as const;

export const never = new AbortController().signal;

export function kafkaConfig(brokers: readonly string[], more: Partial<KafkaSinkConfig> = {}): KafkaSinkConfig {
  return {
    kind: 'kafka',
    name: 'kafka',
    brokers,
    clientId: 'liberate-test',
    client: 'native',
    tls: null,
    sasl: null,
    acks: 'all',
    compression: 'none',
    idempotent: true,
    deadline: 15_000,
    topicDefaults: { partitions: 1, replication: 1, config: {}, create: true },
    schemaTopic: null,
    registry: null,
    ...more,
  };
}

export function record(key: string | null, value: string | null, more: Partial<OutboundRecord> = {}): OutboundRecord {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp: '1700000000000',
    headers: {},
    ...more,
  };
}

/** A sink with its topic made; the sink is the caller's to dispose of. */
export async function openWith(topic: string, config: KafkaSinkConfig, keyed = true): Promise<Sink> {
  const sink = openKafka(config);
  await sink.prepare({ name: topic, keyed }, never);
  return sink;
}

export async function values(brokers: readonly string[], topic: string): Promise<readonly (string | null)[]> {
  return (await readTopic(brokers, topic)).map(({ value }) => value);
}

export const seen = ({ key, value, timestamp, headers }: TopicRecord) => ({ key, value, timestamp: String(timestamp), headers });
