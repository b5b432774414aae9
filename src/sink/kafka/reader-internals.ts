import { createRequire } from 'node:module';
import type { Kafka } from 'kafkajs';
import { LiberateError } from '../../kit/errors.ts';
import type { StreamRecord } from '../stream-reader.ts';

/** What stands for a time when a partition is asked for its first offset and its end. */
export const earliest = -2;
export const latest = -1;
const readCommitted = 1;

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

export interface Message {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Missing in batches older than Kafka 0.11. */
  readonly batchContext?: { readonly firstOffset: string; readonly lastOffsetDelta: number };
}

export interface Fetched {
  readonly highWatermark: string;
  readonly messages: readonly Message[];
}

/** The part of kafkajs below its consumer that is used; 2.2.4 is pinned. */
export interface Cluster {
  connect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[];
  offset(place: Place, timestamp: number): Promise<string>;
  fetch(place: Place, from: bigint, maxBytes: number): Promise<Fetched>;
}

interface NativeBroker {
  listOffsets(request: object): Promise<{ readonly responses: readonly { readonly partitions: readonly { readonly offset: string }[] }[] }>;
  fetch(request: object): Promise<{ readonly responses: readonly { readonly partitions: readonly Fetched[] }[] }>;
}

type NativeCluster = Pick<Cluster, 'connect' | 'addTargetTopic' | 'refreshMetadata' | 'findTopicPartitionMetadata'> & {
  findBroker(node: { readonly nodeId: string }): Promise<NativeBroker>;
};

type Client = Readonly<Record<symbol, (options: object) => NativeCluster>>;

/** A cluster of the client's own settings: addresses, login, TLS and sockets. */
export function clusterOf(kafka: Kafka): Cluster {
  const maker = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster');
  if (maker === undefined) throw new LiberateError('LIB901', 'this version of kafkajs is not 2.2.4');
  const native = (kafka as unknown as Client)[maker]?.({
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    isolationLevel: readCommitted,
  });
  if (native === undefined) throw new LiberateError('LIB901', 'kafkajs made no cluster');
  const leaderOf = ({ topic, partition }: Place): Promise<NativeBroker> => {
    const found = native.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
    return native.findBroker({ nodeId: String(found?.leader ?? -1) });
  };
  return {
    connect: () => native.connect(),
    addTargetTopic: (topic) => native.addTargetTopic(topic),
    refreshMetadata: () => native.refreshMetadata(),
    findTopicPartitionMetadata: (topic) => native.findTopicPartitionMetadata(topic),
    offset: async (place, timestamp) => {
      const topics = [{ topic: place.topic, partitions: [{ partition: place.partition, timestamp }] }];
      const { responses } = await (await leaderOf(place)).listOffsets({ replicaId: -1, isolationLevel: readCommitted, topics });
      return only(responses[0]?.partitions[0]).offset;
    },
    // One partition a request: with several, a large one can leave the others empty, which looks like their end.
    fetch: async (place, from, maxBytes) => {
      const partitions = [{ partition: place.partition, fetchOffset: String(from), maxBytes }];
      const topics = [{ topic: place.topic, partitions }];
      const wanted = { replicaId: -1, isolationLevel: readCommitted, maxWaitTime: 100, minBytes: 1, maxBytes, topics };
      const { responses } = await (await leaderOf(place)).fetch(wanted);
      return only(responses[0]?.partitions[0]);
    },
  };
}

function only<T>(answer: T | undefined): T {
  if (answer === undefined) throw new LiberateError('LIB901', 'a broker answered for no partition');
  return answer;
}

type Batch = new (topic: string, offset: string, fetched: Fetched) => { readonly messages: readonly Message[] };

/** The records before `end`, without markers and aborted transactions. */
export function visibleOf({ topic }: Place, from: bigint, end: bigint, fetched: Fetched): readonly StreamRecord[] {
  const KafkajsBatch = createRequire(import.meta.url)('kafkajs/src/consumer/batch') as Batch;
  const { messages } = new KafkajsBatch(topic, String(from), fetched);
  const last = messages.at(-1);
  return last !== undefined && BigInt(last.offset) >= end ? messages.filter(({ offset }) => BigInt(offset) < end) : messages;
}
