import { ask, type Call, type Connection } from './connection.ts';
import { BrokerFault, WireFault } from './faults.ts';
import type { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface ProduceRequest {
  readonly topic: string;
  readonly acks: 'all' | 'leader';
  /** Milliseconds that the broker waits for the replicas. */
  readonly timeout: number;
  readonly partitions: readonly PartitionRecords[];
}

export interface PartitionRecords {
  readonly partition: number;
  /** One record batch, as it lies on the wire. */
  readonly chunks: readonly Buffer[];
}

interface Answered {
  readonly partition: number;
  readonly error: number;
  readonly words: string | null;
}

/** Resolves when each partition has taken its batch; BrokerFault with the first refusal. */
export async function produce(connection: Connection, call: Call, request: ProduceRequest): Promise<void> {
  const answers = await ask(connection, call, bodyOf(request), (reader) => {
    const topics = reader.array((entry) => ({ name: entry.string(), partitions: entry.array((one) => readPartition(one, call.version)) }));
    reader.int32();
    return confirmed(request, topics);
  });
  const refused = answers.find(({ error }) => error !== 0);
  if (refused !== undefined) throw new BrokerFault(refused.error, refused.words);
}

function bodyOf({ topic, acks, timeout, partitions }: ProduceRequest): readonly Buffer[] {
  const head = new Writer()
    .string(null)
    .int16(acks === 'all' ? -1 : 1)
    .int32(timeout)
    .int32(1)
    .string(topic)
    .int32(partitions.length);
  const chunks = [head.done()];
  for (const { partition, chunks: records } of partitions) {
    const length = records.reduce((sum, chunk) => sum + chunk.length, 0);
    chunks.push(new Writer().int32(partition).int32(length).done(), ...records);
  }
  return chunks;
}

function readPartition(reader: Reader, version: number): Answered {
  const [partition, error] = [reader.int32(), reader.int16()];
  reader.int64();
  reader.int64();
  if (version >= 5) reader.int64();
  if (version < 8) return { partition, error, words: null };
  const records = reader.array((entry) => {
    entry.int32();
    return entry.nullableString();
  });
  return { partition, error, words: reader.nullableString() ?? records.find((words) => words !== null) ?? null };
}

/** An acknowledgement counts only when it names exactly what was sent. */
function confirmed(
  { topic, partitions }: ProduceRequest,
  topics: readonly { readonly name: string; readonly partitions: readonly Answered[] }[],
): readonly Answered[] {
  const answers = topics.length === 1 && topics[0]?.name === topic ? topics[0].partitions : [];
  const named = new Set(answers.map(({ partition }) => partition));
  if (answers.length !== partitions.length || partitions.some(({ partition }) => !named.has(partition))) {
    throw new WireFault(`an acknowledgement of other partitions than were sent to topic ${topic}`);
  }
  return answers;
}
