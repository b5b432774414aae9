import { ask, type Call, type Connection } from './connection.ts';
import { BrokerFault, refuse } from './faults.ts';
import type { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface Partition {
  readonly partitionId: number;
  /** Node of the leader; -1: there is none. */
  readonly leader: number;
}

export interface TopicMetadata {
  /** By their number, from 0 on. */
  readonly partitions: readonly Partition[];
  /** Address of each node. */
  readonly nodes: ReadonlyMap<number, { readonly host: string; readonly port: number }>;
}

/** Looks up one topic and never makes it. BrokerFault for a topic that is not there or may not be seen. */
export async function fetchMetadata(connection: Connection, call: Call, topic: string): Promise<TopicMetadata> {
  const body = new Writer().int32(1).string(topic).int8(0);
  if (call.version >= 8) body.int8(0).int8(0);
  return ask(connection, call, [body.done()], (reader) => {
    reader.int32();
    const nodes = new Map(reader.array(readNode));
    reader.nullableString();
    reader.int32();
    const topics = reader.array((entry) => readTopic(entry, call.version));
    if (call.version >= 8) reader.int32();
    const found = topics.find(({ name }) => name === topic);
    if (found === undefined) throw new BrokerFault(3);
    refuse(found.error);
    return { nodes, partitions: [...found.partitions].sort((a, b) => a.partitionId - b.partitionId) };
  });
}

function readNode(reader: Reader): readonly [number, { readonly host: string; readonly port: number }] {
  const node = [reader.int32(), { host: reader.string(), port: reader.int32() }] as const;
  reader.nullableString();
  return node;
}

function readTopic(reader: Reader, version: number): { readonly error: number; readonly name: string; readonly partitions: Partition[] } {
  const [error, name] = [reader.int16(), reader.string()];
  reader.boolean();
  const partitions = reader.array((entry) => readPartition(entry, version));
  if (version >= 8) reader.int32();
  return { error, name, partitions };
}

function readPartition(reader: Reader, version: number): Partition {
  // Its error says no more than a leader of -1; LISTENER_NOT_FOUND and missing replicas do not hinder a write.
  reader.int16();
  const [partitionId, leader] = [reader.int32(), reader.int32()];
  if (version >= 7) reader.int32();
  for (let lists = version >= 5 ? 3 : 2; lists > 0; lists -= 1) reader.array((entry) => entry.int32());
  return { partitionId, leader };
}
