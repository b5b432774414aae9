import { registerCodecs } from './codecs.ts';
import { uniqueName } from './database.ts';
import { type Broker, type Cluster, type FetchedMessage, type FetchedPartition, openCluster } from './kafkajs-internals.ts';

export { waitFor } from './wait-for.ts';

export interface TopicRecord<Content = string> {
  readonly partition: number;
  readonly offset: number;
  readonly key: Content | null;
  readonly value: Content | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface ReadOptions {
  /** `read_committed` (the default) stops at the first transaction that is still open. */
  readonly isolation?: 'read_committed' | 'read_uncommitted';
  /** Offset to begin at, in each partition. */
  readonly from?: number;
}

export function uniqueTopic(prefix: string): string {
  return uniqueName(prefix);
}

/** Every record up to the end the topic has now, by partition and offset. */
export async function readTopic(brokers: readonly string[], topic: string, options: ReadOptions = {}): Promise<readonly TopicRecord[]> {
  const records = await readTopicBytes(brokers, topic, options);
  return records.map((record) => ({ ...record, key: text(record.key), value: text(record.value) }));
}

/** The same with keys and values as bytes, for binary formats. */
export async function readTopicBytes(
  brokers: readonly string[],
  topic: string,
  { isolation = 'read_committed', from = 0 }: ReadOptions = {},
): Promise<readonly TopicRecord<Buffer>[]> {
  registerCodecs();
  const isolationLevel = isolation === 'read_committed' ? 1 : 0;
  const cluster = openCluster(brokers);
  try {
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    const partitions = [...cluster.findTopicPartitionMetadata(topic)].sort((a, b) => a.partitionId - b.partitionId);
    const read = await Promise.all(
      partitions.map(({ partitionId, leader }) => readPartition(cluster, leader, { topic, partition: partitionId, isolationLevel }, from)),
    );
    return read.flat();
  } finally {
    await cluster.disconnect();
  }
}

/** What a compacted topic comes to: the last value of each key, without the deleted ones. */
export function fold(records: readonly TopicRecord[]): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const { key, value, partition, offset } of records) {
    if (key === null) throw new Error(`the record at partition ${partition}, offset ${offset} has no key`);
    if (value === null) table.delete(key);
    else table.set(key, value);
  }
  return table;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly isolationLevel: number;
}

async function readPartition(cluster: Cluster, leader: number, place: Place, from: number): Promise<readonly TopicRecord<Buffer>[]> {
  const broker = await cluster.findBroker({ nodeId: String(leader) });
  const [begin, end] = await Promise.all([offsetAt(broker, place, -2), offsetAt(broker, place, -1)]);
  const records: TopicRecord<Buffer>[] = [];
  let next = Math.max(begin, from);
  while (next < end) {
    const fetched = await fetchFrom(broker, place, next);
    const last = fetched.messages.at(-1);
    // Batches emptied by compaction are all that is left: the broker always gives at least one batch.
    if (!last) break;
    for (const message of visible(fetched)) {
      const offset = Number(message.offset);
      if (offset >= next && offset < end) records.push(record(place.partition, message));
    }
    // The batch's end and not the record's: a transaction marker, or records that compaction removed, may follow.
    next = Number(last.batchContext.firstOffset) + last.batchContext.lastOffsetDelta + 1;
  }
  return records;
}

/** -2 is the first offset, -1 the end that this isolation may read to. */
async function offsetAt(broker: Broker, { topic, partition, isolationLevel }: Place, timestamp: -1 | -2): Promise<number> {
  const { responses } = await broker.listOffsets({
    replicaId: -1,
    isolationLevel,
    topics: [{ topic, partitions: [{ partition, timestamp }] }],
  });
  const offset = responses[0]?.partitions[0]?.offset;
  if (offset === undefined) throw new Error(`no offset given for ${topic}, partition ${partition}`);
  return Number(offset);
}

/** One partition a request: with several, a big one could leave the others empty, which would look like their end. */
async function fetchFrom(broker: Broker, { topic, partition, isolationLevel }: Place, offset: number): Promise<FetchedPartition> {
  const maxBytes = 8 * 2 ** 20;
  const { responses } = await broker.fetch({
    replicaId: -1,
    isolationLevel,
    maxWaitTime: 100,
    minBytes: 1,
    maxBytes,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
  });
  const fetched = responses[0]?.partitions[0];
  if (!fetched) throw new Error(`nothing answered for ${topic}, partition ${partition}`);
  return fetched;
}

const abortMarker = Buffer.from([0, 0, 0, 0]);

/** Without the markers, and without the records of aborted transactions, which the broker lists by their begin. */
function visible({ messages, abortedTransactions }: FetchedPartition): readonly FetchedMessage[] {
  const waiting = [...(abortedTransactions ?? [])].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  const aborted = new Set<string>();
  return messages.filter(({ offset, key, isControlRecord, batchContext }) => {
    while (waiting[0] && Number(waiting[0].firstOffset) <= Number(offset)) {
      aborted.add(waiting[0].producerId);
      waiting.shift();
    }
    if (isControlRecord) {
      if (key?.equals(abortMarker)) aborted.delete(batchContext.producerId);
      return false;
    }
    return !(batchContext.inTransaction && aborted.has(batchContext.producerId));
  });
}

function record(partition: number, { offset, key, value, headers, timestamp }: FetchedMessage): TopicRecord<Buffer> {
  const texts = Object.entries(headers).map(([name, bytes]) => [name, headerText(bytes)] as const);
  return {
    partition,
    offset: Number(offset),
    key,
    value,
    headers: Object.fromEntries(texts),
    timestamp: Number(timestamp),
  };
}

/** A header may be given more than once; the last one counts. */
function headerText(bytes: Buffer | readonly Buffer[] | null): string {
  const last = Array.isArray(bytes) ? bytes.at(-1) : bytes;
  return last?.toString() ?? '';
}

function text(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('utf8');
}
