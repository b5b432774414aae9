import { orAbort, throwIfAborted } from '../../kit/abort.ts';
import { systemClock } from '../../kit/clock.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { KafkaSinkConfig } from '../sink-config.ts';
import type { StreamPosition, StreamReader, StreamRecord } from '../stream-reader.ts';
import { openClient } from './client.ts';
import { useCompression } from './codecs.ts';
import { brokerCode, sortKafkaError } from './errors.ts';
import { type Cluster, clusterOf, earliest, type Fetched, latest, type Place, visibleOf } from './reader-internals.ts';
import { quietIdleConnections } from './timers.ts';

/** Bytes of one fetch; the broker gives at least one batch, however large. */
const fetchBytes = 1 << 19;
/** Tries of one request, while leaders move. */
const tries = 8;
const pauseMs = 250;
/** Milliseconds for one answer. */
const answerWithin = 30_000;

/**
 * Reads a topic partition by partition with fetches of its own, below kafkajs's consumer: no group is joined, so none is
 * needed in the ACLs, nothing is committed, and the end is exact. Records of aborted transactions are left out.
 */
export function openKafkaReader(config: KafkaSinkConfig): StreamReader {
  quietIdleConnections();
  return new KafkaReader(config);
}

class KafkaReader implements StreamReader {
  readonly #config: KafkaSinkConfig;
  readonly #client: ReturnType<typeof openClient>;
  readonly #cluster: Cluster;
  #connecting: Promise<void> | null = null;
  #connected = false;

  constructor(config: KafkaSinkConfig) {
    this.#config = config;
    this.#client = openClient(config, () => undefined);
    this.#cluster = clusterOf(this.#client.kafka);
  }

  async end(topic: string, signal: AbortSignal): Promise<StreamPosition> {
    const ends = new Map<number, bigint>();
    for (const partition of await this.#partitions(topic, signal)) {
      ends.set(partition, await this.#offset({ topic, partition }, latest, signal));
    }
    return ends;
  }

  async *read(
    topic: string,
    from: StreamPosition | null,
    to: StreamPosition,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StreamRecord[], void, undefined> {
    for (const [partition, end] of to) {
      const place = { topic, partition };
      yield* this.#readPartition(place, from?.get(partition) ?? (await this.#offset(place, earliest, signal)), end, signal);
    }
  }

  asRead(published: Buffer): Buffer {
    return published;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is on its way that anybody would miss.
    this.#client.cut();
  }

  async *#readPartition(
    place: Place,
    from: bigint,
    end: bigint,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StreamRecord[], void, undefined> {
    let at = from;
    let next = at < end ? this.#fetch(place, at, signal) : null;
    while (next !== null) {
      const fetched = await next;
      const after = nextOffset(fetched, at, end);
      // The broker makes the next answer ready while this one is used; a failure is thrown where it is awaited.
      next = after < end ? this.#fetch(place, after, signal) : null;
      next?.catch(() => undefined);
      const records = visibleOf(place, at, end, fetched);
      at = after;
      if (records.length > 0) yield records;
      throwIfAborted(signal);
    }
  }

  async #partitions(topic: string, signal: AbortSignal): Promise<readonly number[]> {
    return this.#trying(topic, signal, async () => {
      await this.#connect();
      await this.#cluster.addTargetTopic(topic);
      const found = this.#cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      return found.sort((a, b) => a - b);
    });
  }

  #connect(): Promise<void> {
    this.#connecting ??= (async () => {
      // The topic may hold batches of any codec, whichever the sink is set to now.
      for (const codec of ['snappy', 'lz4', 'zstd'] as const) await useCompression(codec).catch(() => undefined);
      await this.#cluster.connect();
      this.#connected = true;
    })();
    return this.#connecting;
  }

  #offset(place: Place, timestamp: number, signal: AbortSignal): Promise<bigint> {
    return this.#trying(place.topic, signal, async () => BigInt(await this.#cluster.offset(place, timestamp)));
  }

  async #fetch(place: Place, at: bigint, signal: AbortSignal): Promise<Fetched> {
    try {
      return await this.#trying(place.topic, signal, () => this.#cluster.fetch(place, at, fetchBytes));
    } catch (error) {
      if (!(error instanceof LiberateError) || brokerCode(error.cause) !== 'OFFSET_OUT_OF_RANGE') throw error;
      throw new LiberateError('LIB304', `topic ${place.topic}, partition ${place.partition}: offset ${at} was deleted while it was read`, {
        cause: error.cause,
        cure: 'A topic that folds to the table must not lose records by age or size: set cleanup.policy=compact.',
      });
    }
  }

  /** Leaders move and connections break: the metadata is asked for again, a few times. Brokers that were never there are told at once. */
  async #trying<T>(topic: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { brokers } = this.#config;
    for (let attempt = 1; ; attempt += 1) {
      throwIfAborted(signal);
      const late = AbortSignal.timeout(answerWithin);
      try {
        return await orAbort(work(), AbortSignal.any([signal, late]));
      } catch (thrown) {
        if (signal.aborted) throw signal.reason;
        if (late.aborted)
          throw new LiberateError('LIB308', `reading topic ${topic} at ${brokers.join(', ')}: no answer within ${answerWithin} ms`);
        const error = sortKafkaError(thrown, { what: `reading topic ${topic}`, brokers });
        if (!(error instanceof LiberateError) || !error.transient || !this.#connected || attempt >= tries) throw error;
        await systemClock.sleep(pauseMs, signal);
        await this.#cluster.refreshMetadata().catch(() => undefined);
      }
    }
  }
}

/** The batch's end and not the record's: a marker, or records that compaction removed, may follow. */
function nextOffset({ messages, highWatermark }: Fetched, at: bigint, end: bigint): bigint {
  const last = messages.at(-1);
  // Nothing is left before the end: compaction has removed it. A new leader that does not know of the end yet is asked again.
  if (last === undefined) return BigInt(highWatermark) >= end ? end : at;
  const { batchContext } = last;
  const after = batchContext === undefined ? BigInt(last.offset) : BigInt(batchContext.firstOffset) + BigInt(batchContext.lastOffsetDelta);
  return after + 1n;
}
