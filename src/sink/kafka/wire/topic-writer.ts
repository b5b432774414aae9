import type { RecordBatch } from '../../../model/record-batch.ts';
import { inTurn } from '../../turns.ts';
import type { Partitioner } from '../partition.ts';
import type { BatchEncoder, EncodedBatch, EncodedBatches } from './batch-encoder.ts';
import type { Broker, Brokers } from './brokers.ts';
import { BrokerFault } from './faults.ts';
import type { ProducerId } from './init-producer-id.ts';
import { fetchMetadata, type TopicMetadata } from './metadata.ts';
import { type PartitionRecords, produce } from './produce.ts';
import { Sequences } from './sequences.ts';
import { splitByPartition } from './split.ts';
import type { WireBuffers } from './wire-buffers.ts';

/** What a producer has in common for all its topics. */
export interface Workshop {
  readonly brokers: Brokers;
  readonly encoder: BatchEncoder;
  readonly buffers: WireBuffers;
  readonly partitioner: Partitioner;
  /** null: not idempotent. */
  readonly id: ProducerId | null;
  readonly acks: 'all' | 'leader';
  /** Milliseconds that a broker waits for its replicas. */
  readonly timeout: number;
}

interface Encoded extends EncodedBatches {
  readonly metadata: TopicMetadata;
}

/** Milliseconds after which the next send looks for partitions that were added. */
const metadataAge = 5 * 60_000;

/**
 * Writes batches of one topic in the order of the calls, several under way at once. After the first
 * failure nothing more is written: whoever calls repeats everything with another producer.
 */
export class TopicWriter {
  readonly #topic: string;
  readonly #workshop: Workshop;
  readonly #sequences: Sequences;
  readonly #turn = inTurn();
  #metadata: Promise<TopicMetadata> | null = null;
  #looked = 0;
  #failure: { readonly reason: unknown } | null = null;
  /** The send before, acknowledged with all before it. */
  #last: Promise<void> = Promise.resolve();

  constructor(topic: string, workshop: Workshop) {
    this.#topic = topic;
    this.#workshop = workshop;
    this.#sequences = new Sequences(workshop.id);
  }

  /** Resolves when this batch and all before it are acknowledged. */
  send(batch: RecordBatch): Promise<void> {
    this.#workshop.partitioner.turn(this.#topic);
    this.#last = this.#send(batch, this.#last);
    return this.#last;
  }

  async #send(batch: RecordBatch, before: Promise<void>): Promise<void> {
    // Batches are packed side by side; only the writing has an order.
    const encoding = this.#encode(batch);
    encoding.catch(() => undefined);
    try {
      const { encoded, answered } = await this.#turn(() => this.#write(encoding));
      await answered;
      await before;
      this.#workshop.buffers.give(encoded.buffer);
    } catch (error) {
      this.#failure ??= { reason: error };
      // The send before reports its own failure.
      before.catch(() => undefined);
      throw error;
    }
  }

  async #encode(batch: RecordBatch): Promise<Encoded> {
    const { encoder, partitioner } = this.#workshop;
    const metadata = await this.#look();
    const { partitions } = metadata;
    const split = splitByPartition(batch, partitions.length, () => partitioner.keyless(this.#topic, partitions));
    return { metadata, ...(await encoder.encode(batch, split)) };
  }

  #look(): Promise<TopicMetadata> {
    const now = performance.now();
    if (this.#metadata !== null && now - this.#looked < metadataAge) return this.#metadata;
    this.#looked = now;
    const { brokers } = this.#workshop;
    this.#metadata = brokers.any().then(({ connection, versions }) => fetchMetadata(connection, versions('metadata'), this.#topic));
    return this.#metadata;
  }

  /** Resolves when it is written; `answered` when it is acknowledged. */
  async #write(encoding: Promise<Encoded>): Promise<{ readonly encoded: Encoded; readonly answered: Promise<unknown> }> {
    try {
      const encoded = await encoding;
      const leaders = await Promise.all(encoded.batches.map(({ partition }) => this.#leader(encoded.metadata, partition)));
      for (const { partition } of encoded.batches) await this.#sequences.met(partition);
      // From here on in one go: numbers are given in the order in which the requests leave.
      if (this.#failure !== null) throw this.#failure.reason;
      const answers = [...new Set(leaders)].map((leader) =>
        this.#produce(
          leader,
          encoded.batches.filter((_, at) => leaders[at] === leader),
        ),
      );
      const answered = Promise.all(answers);
      answered.catch((reason: unknown) => (this.#failure ??= { reason }));
      return { encoded, answered };
    } catch (error) {
      this.#failure ??= { reason: error };
      throw error;
    }
  }

  #leader({ partitions, nodes }: TopicMetadata, partition: number): Promise<Broker> {
    const node = nodes.get(partitions[partition]?.leader ?? -1);
    if (node === undefined) throw new BrokerFault(5, `partition ${partition} has no leader at this moment`);
    return this.#workshop.brokers.at(`${node.host}:${node.port}`);
  }

  #produce({ connection, versions }: Broker, batches: readonly EncodedBatch[]): Promise<void> {
    const { acks, timeout } = this.#workshop;
    const sealed = batches.map(({ partition, count, seal }) => {
      const sequence = this.#sequences.take(partition, count);
      return { begins: sequence.sequence === 0, records: { partition, chunks: seal(sequence) } satisfies PartitionRecords };
    });
    const partitions = sealed.map(({ records }) => records);
    const answered = produce(connection, versions('produce'), { topic: this.#topic, acks, timeout, partitions });
    for (const { begins, records } of sealed) {
      if (begins) this.#sequences.begin(records.partition, answered);
    }
    return answered;
  }
}
