import { within } from '../../kit/abort.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import type { KafkaSinkConfig } from '../sink-config.ts';
import { openClient } from './client.ts';
import { useCompression } from './codecs.ts';
import type { KafkaLog } from './log.ts';
import { Partitioner } from './partition.ts';

/**
 * The producing part of the sink, so that another client can stand beside kafkajs. It throws the
 * client's own errors; deadlines, aborts and what follows a failure are the caller's (sender.ts).
 */
export interface RecordProducer {
  /**
   * Connects on first use; resolves when every record is acknowledged. Tries nothing again. Whether
   * sends of one topic that are under way together arrive in order is each client's own. After a
   * rejection the producer must not be used for another send.
   */
  send(topic: string, batch: RecordBatch): Promise<void>;
  /** Disconnects in a few seconds at most; what is under way may still be acknowledged. */
  close(): Promise<void>;
  /** Cuts the connections at once: nothing of what is under way is written from now on. */
  cut(): void;
}

/** Milliseconds that a disconnect may take: with requests in flight, kafkajs can wait for ever. */
const disconnectWithin = 3000;

export function openKafkajsProducer(config: KafkaSinkConfig, log: KafkaLog): RecordProducer {
  const client = openClient(config, log);
  const partitioner = new Partitioner();
  const producer = client.kafka.producer({
    idempotent: config.idempotent,
    allowAutoTopicCreation: false,
    createPartitioner: () => partitioner.choose,
    // No retry inside of kafkajs: `retryCount < NaN` is false, and so is the `NaN < 1` of its check that
    // an idempotent producer retries. Its retry loses records: it keeps the brokers that have answered
    // and skips them in the next round, so a partition whose leader has just moved to one of them is
    // never sent, and the send resolves. The engine repeats the batch on a fresh producer instead.
    retry: { retries: Number.NaN },
  });
  const acks = config.acks === 'all' ? -1 : 1;
  const open = async () => {
    const compression = await useCompression(config.compression);
    await producer.connect();
    return compression;
  };
  let opened: ReturnType<typeof open> | null = null;

  return {
    async send(topic, batch) {
      opened ??= open();
      const compression = await opened;
      partitioner.turn(topic);
      await producer.send({ topic, messages: [...batch.records()], acks, compression, timeout: config.deadline });
    },
    async close() {
      if (opened !== null)
        await within(
          disconnectWithin,
          opened.then(() => producer.disconnect()),
        );
      client.cut();
    },
    cut: () => client.cut(),
  };
}
