import { resolve } from 'node:path';
import { parseDuration } from '../kit/duration.ts';
import type { KafkaSinkConfig, SinkConfig, TopicDefaults } from '../sink/sink-config.ts';
import { kafkaDefaults } from './defaults.ts';
import { normaliseRegistry } from './normalise-registry.ts';
import { normaliseTls } from './normalise-tls.ts';
import type { Path } from './problem.ts';
import type { KafkaData, SinkData } from './schema/sink-schema.ts';
import { keepSecret, type Scope, warnOfPlainPassword } from './scope.ts';

function topicDefaults(data: KafkaData['topicDefaults']): TopicDefaults {
  const { partitions, replication, create, ...settings } = data ?? {};
  const config = Object.entries(settings).map(([name, value]) => [name, String(value)] as const);
  return {
    partitions: partitions ?? null,
    replication: replication ?? null,
    config: Object.fromEntries(config),
    create: create ?? kafkaDefaults.create,
  };
}

function normaliseKafka(name: string, data: KafkaData, path: Path, scope: Scope): KafkaSinkConfig {
  const { sasl, acks = kafkaDefaults.acks, client = kafkaDefaults.client, schemaTopic = kafkaDefaults.schemaTopic } = data;
  const { idempotent = client === 'native' && acks === 'all' } = data;
  if (sasl !== undefined) {
    const at = [...path, 'sasl', 'password'];
    keepSecret(scope, sasl.password, at);
    warnOfPlainPassword(scope, at);
    if (sasl.mechanism === 'plain' && (data.tls === undefined || data.tls === false)) {
      scope.problems.warn(
        [...path, 'sasl', 'mechanism'],
        'is plain without tls: the password travels unencrypted',
        'Add tls: true, or use scram-sha-512.',
      );
    }
  }
  if (acks === 'leader' && idempotent) {
    scope.problems.add('LIB108', [...path, 'idempotent'], 'is true, and acks is leader', {
      cure: 'Write acks: all, or remove idempotent.',
    });
  }
  return {
    kind: 'kafka',
    name,
    brokers: data.brokers,
    clientId: data.clientId ?? kafkaDefaults.clientId,
    client,
    tls: normaliseTls(data.tls, [...path, 'tls'], scope),
    sasl: sasl ?? null,
    acks,
    compression: data.compression ?? kafkaDefaults.compression,
    idempotent,
    deadline: data.deadline ?? (parseDuration(kafkaDefaults.deadline) as number),
    topicDefaults: topicDefaults(data.topicDefaults),
    schemaTopic: schemaTopic === 'none' ? null : schemaTopic,
    registry: normaliseRegistry(data.registry, [...path, 'registry'], scope),
  };
}

export function normaliseSink(name: string, data: SinkData, path: Path, scope: Scope): SinkConfig {
  if (!('kind' in data)) return normaliseKafka(name, data, path, scope);
  switch (data.kind) {
    case 'stdout':
      return { kind: 'stdout', name };
    case 'ndjson':
      return { kind: 'ndjson', name, directory: resolve(scope.problems.file.directory, data.directory) };
    case 'kafka':
      return normaliseKafka(name, { brokers: data.brokers }, path, scope);
    default:
      return data satisfies never;
  }
}
