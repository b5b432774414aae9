import type { TlsConfig } from '../kit/tls.ts';
import type { RegistryConfig } from '../model/registry.ts';

export interface Sasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface TopicDefaults {
  /** null: the broker's default. */
  readonly partitions: number | null;
  readonly replication: number | null;
  /** Topic settings as the broker names them; `cleanup.policy` is compact for keyed streams unless given here. */
  readonly config: Readonly<Record<string, string>>;
  /** false: a missing topic is an error. */
  readonly create: boolean;
}

export interface KafkaSinkConfig {
  readonly kind: 'kafka';
  readonly name: string;
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Who writes the records: liberate's own client, or kafkajs, which also looks after topics in either case. */
  readonly client: 'native' | 'kafkajs';
  readonly tls: TlsConfig | null;
  readonly sasl: Sasl | null;
  readonly acks: 'all' | 'leader';
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly idempotent: boolean;
  /** Milliseconds until a send without an answer is given up. */
  readonly deadline: number;
  readonly topicDefaults: TopicDefaults;
  /** Where the schemas of its streams are kept; null: nowhere. */
  readonly schemaTopic: string | null;
  /** null: none. */
  readonly registry: RegistryConfig | null;
}

export interface NdjsonSinkConfig {
  readonly kind: 'ndjson';
  readonly name: string;
  /** Absolute path; made when missing. */
  readonly directory: string;
}

export interface StdoutSinkConfig {
  readonly kind: 'stdout';
  readonly name: string;
}

export type SinkConfig = KafkaSinkConfig | NdjsonSinkConfig | StdoutSinkConfig;
