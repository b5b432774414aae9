import { createRequire } from 'node:module';
import { logLevel } from 'kafkajs';

/**
 * What the tests use of kafkajs 2.2.4 below its consumer: reading a topic to its end without a
 * consumer group, whose joining and polling would cost each test a second.
 */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[];
  findBroker(node: { readonly nodeId: string }): Promise<Broker>;
}

export interface Broker {
  listOffsets(request: {
    readonly replicaId: -1;
    readonly isolationLevel: number;
    readonly topics: readonly TopicPartitions<{ readonly partition: number; readonly timestamp: number }>[];
  }): Promise<{
    readonly responses: readonly TopicPartitions<{ readonly partition: number; readonly offset: string }>[];
  }>;
  fetch(request: {
    readonly replicaId: -1;
    readonly isolationLevel: number;
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly topics: readonly TopicPartitions<FetchPosition>[];
  }): Promise<{ readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }>;
}

interface TopicPartitions<Partition> {
  readonly topic: string;
  readonly partitions: readonly Partition[];
}

interface FetchPosition {
  readonly partition: number;
  readonly fetchOffset: string;
  readonly maxBytes: number;
}

export interface FetchedPartition {
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
  readonly messages: readonly FetchedMessage[];
}

export interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[] | null>>;
  readonly isControlRecord: boolean;
  readonly batchContext: {
    readonly firstOffset: string;
    readonly lastOffsetDelta: number;
    readonly producerId: string;
    readonly inTransaction: boolean;
  };
}

const require = createRequire(import.meta.url);

export function openCluster(brokers: readonly string[]): Cluster {
  const Cluster: new (options: unknown) => Cluster = require('kafkajs/src/cluster');
  const { createLogger } = require('kafkajs/src/loggers');
  const createSocketFactory = require('kafkajs/src/network/socketFactory');
  return new Cluster({
    brokers,
    logger: createLogger({ level: logLevel.NOTHING, logCreator: () => () => {} }),
    socketFactory: createSocketFactory(),
    clientId: 'liberate-test-reader',
    connectionTimeout: 5000,
    authenticationTimeout: 5000,
    requestTimeout: 30_000,
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 50, retries: 5 },
  });
}
