import { type Clock, systemClock } from '../../kit/clock.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { TopicSpec } from '../../model/record.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import type { Finding } from '../../model/report.ts';
import type { SchemaKeeper } from '../schema-keeper.ts';
import type { Sink, SinkLimits, TopicOutlook } from '../sink.ts';
import type { KafkaSinkConfig, TopicDefaults } from '../sink-config.ts';
import { adminOf, type WithAdmin } from './admin.ts';
import { useCompression } from './codecs.ts';
import { brokerCode, sortKafkaError } from './errors.ts';
import { openKafkaReader } from './kafka-reader.ts';
import type { KafkaLog } from './log.ts';
import { openKafkajsProducer } from './producer.ts';
import { blame, refuseOversize } from './record-faults.ts';
import { kafkaSchemas, type SchemaTopic } from './schemas.ts';
import { type Judgement, NoAnswer, Sender } from './sender.ts';
import { quietIdleConnections } from './timers.ts';
import { defaultMaxMessageBytes, findingsOf, maxMessageBytes, type TopicFacts } from './topic-config.ts';
import { missingTopic, outlookOf, refuseKeyless, refuseName } from './topic-rules.ts';
import { lookAt, makeTopic } from './topics.ts';
import { nativeProducers, sendsUnderWay } from './wire/native-producer.ts';

export interface KafkaSinkOptions {
  /** Lines of the Kafka client; it says nothing when left out. */
  readonly log?: KafkaLog;
  readonly clock?: Clock;
}

/**
 * kafkajs copies the records of a batch once a record, which costs more with each; fewer make more
 * round trips. With one batch under way, 500 measured faster than 250 and as fast as 1000.
 */
const recordsOfBatch = { native: 10_000, kafkajs: 500 };
const bytesOfBatch = 900_000;
/** Milliseconds in which a broker that is up has answered a check. */
const checkWithin = 5000;
/** Milliseconds for looking at a topic and making it; a busy controller takes seconds. */
const prepareWithin = 20_000;
/** What a record of the topic of schemas may hold. */
const schemaBytes = 10_000_000;

/** A sink that publishes to Kafka. Nothing is connected until its first use. LIB108 when acks and idempotent contradict each other. */
export function openKafka(config: KafkaSinkConfig, options: KafkaSinkOptions = {}): Sink {
  if (config.idempotent && config.acks !== 'all') {
    throw new LiberateError(
      'LIB108',
      `sink ${config.name}: idempotent needs the acknowledgement of all replicas, and acks is ${config.acks}`,
      {
        cure: 'Set acks: all, or idempotent: false.',
      },
    );
  }
  quietIdleConnections();
  return new KafkaSink(config, options.log ?? (() => undefined), options.clock ?? systemClock);
}

class KafkaSink implements Sink {
  readonly kind = 'kafka';
  readonly schemas: SchemaKeeper | null;
  readonly name: string;
  readonly #config: KafkaSinkConfig;
  readonly #clock: Clock;
  readonly #admin: WithAdmin;
  readonly #sender: Sender;
  readonly #limits = new Map<string, number>();

  constructor(config: KafkaSinkConfig, log: KafkaLog, clock: Clock) {
    this.name = config.name;
    this.#config = config;
    this.#clock = clock;
    this.#admin = adminOf(config, log);
    const open = config.client === 'native' ? nativeProducers(config) : () => openKafkajsProducer(config, log);
    const judgement: Judgement = {
      refuse: (topic, batch) => {
        // With compression only the broker can tell: a wide row may well fit when it is packed.
        if (config.compression === 'none') refuseOversize(topic, batch, this.#limitOf(topic));
      },
      explain: (error, topic, batch, signal) => this.#sorted(error, topic, batch, signal),
    };
    this.#sender = new Sender(open, judgement, config.deadline);
    this.schemas = config.schemaTopic === null ? null : kafkaSchemas(this.#schemaTopic(config.schemaTopic));
  }

  async check(signal: AbortSignal): Promise<readonly Finding[]> {
    // A codec that is not installed would otherwise be missed by the first send only.
    await useCompression(this.#config.compression);
    const task = { what: 'connecting to Kafka', deadline: checkWithin, signal };
    const { brokers, clusterId } = await this.#admin(task, (admin) => admin.describeCluster());
    const count = brokers.length === 1 ? '1 broker' : `${brokers.length} brokers`;
    return [{ severity: 'info', code: null, job: null, message: `Kafka cluster ${clusterId} with ${count}`, cure: null }];
  }

  prepare(spec: TopicSpec, signal: AbortSignal): Promise<readonly Finding[]> {
    return this.#prepare(spec, this.#config.topicDefaults, signal);
  }

  async #prepare(spec: TopicSpec, topicDefaults: TopicDefaults, signal: AbortSignal): Promise<readonly Finding[]> {
    refuseName(spec);
    const task = { what: `preparing topic ${spec.name}`, deadline: prepareWithin, signal };
    return this.#admin(task, async (admin) => {
      const found = await lookAt(admin, spec.name);
      if (found === null && !topicDefaults.create) {
        throw missingTopic(spec);
      }
      const facts = found ?? (await makeTopic(admin, spec, topicDefaults, this.#clock, signal));
      this.#accept(spec, facts);
      return found === null ? [] : findingsOf(spec, found, topicDefaults);
    });
  }

  #schemaTopic(name: string): SchemaTopic {
    const { replication, create } = this.#config.topicDefaults;
    // One partition: who reads it whole meets the versions in their order. A wide table's schema is a long record.
    const defaults = { partitions: 1, replication, create, config: { 'max.message.bytes': String(schemaBytes) } };
    return {
      name,
      clock: this.#clock,
      prepare: (spec, signal) => this.#prepare(spec, defaults, signal),
      send: (topic, batch, signal) => this.send(topic, batch, signal),
      openReader: async () => openKafkaReader(this.#config),
    };
  }

  async look(spec: TopicSpec, signal: AbortSignal): Promise<TopicOutlook> {
    refuseName(spec);
    const { topicDefaults } = this.#config;
    const task = { what: `looking at topic ${spec.name}`, deadline: checkWithin, signal };
    const found = await this.#admin(task, (admin) => lookAt(admin, spec.name));
    return outlookOf(spec, found, topicDefaults);
  }

  #accept(spec: TopicSpec, facts: TopicFacts): void {
    refuseKeyless(spec, facts);
    this.#limits.set(spec.name, maxMessageBytes(facts));
  }

  limits(topic: string): SinkLimits {
    // The broker weighs a batch as it arrives, compressed: its limit on what we count uncompressed is on the safe side.
    const bytes = Math.min(bytesOfBatch, Math.floor(0.9 * this.#limitOf(topic)));
    const { client, idempotent } = this.#config;
    // Not more than one with kafkajs, which promises no order between sends that are under way together, nor
    // without the numbers by which a broker refuses a batch whose predecessor has failed.
    return { records: recordsOfBatch[client], bytes, inFlight: client === 'native' && idempotent ? sendsUnderWay : 1 };
  }

  /** The sender's own promise, so that no turn lies between its failure and the caller's hearing of it. */
  send(topic: string, batch: RecordBatch, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (batch.count === 0) return Promise.resolve();
    return this.#sender.send(topic, batch, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]();
  }

  #limitOf(topic: string): number {
    return this.#limits.get(topic) ?? defaultMaxMessageBytes;
  }

  async #sorted(error: unknown, topic: string, batch: RecordBatch, signal: AbortSignal): Promise<unknown> {
    const { brokers, deadline } = this.#config;
    const what = `publishing to topic ${topic}`;
    if (error instanceof NoAnswer) {
      const words = error.own
        ? `no acknowledgement within ${deadline} ms`
        : 'the connection was given up, because another send on it had no answer in time';
      return new LiberateError('LIB308', `${what} at ${brokers.join(', ')}: ${words}`, { cause: error });
    }
    const sorted = sortKafkaError(error, { what, brokers });
    if (!(sorted instanceof LiberateError)) return sorted;
    if (sorted.code === 'LIB303') return this.#missing(sorted, topic, signal);
    return blame(sorted, topic, batch, this.#limitOf(topic), brokerCode(error));
  }

  /**
   * A broker that has just heard of a topic, or lost it to another, says that it is unknown; and
   * kafkajs asks about all topics of a producer at once and does not tell which one is unknown.
   */
  async #missing(error: LiberateError, topic: string, signal: AbortSignal): Promise<unknown> {
    try {
      const task = { what: `looking at topic ${topic}`, deadline: checkWithin, signal };
      const facts = await this.#admin(task, (admin) => lookAt(admin, topic));
      if (facts === null) return new LiberateError('LIB303', `topic ${topic} is gone`, { cause: error.cause });
    } catch {
      // Not known either way: the caller tries again.
    }
    return new LiberateError('LIB306', error.message, { cure: 'Nothing: it is tried again.', cause: error.cause });
  }
}
