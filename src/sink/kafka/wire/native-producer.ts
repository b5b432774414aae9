import { within } from '../../../kit/abort.ts';
import type { KafkaSinkConfig } from '../../sink-config.ts';
import { loadPacker } from '../codecs.ts';
import { Partitioner } from '../partition.ts';
import type { RecordProducer } from '../producer.ts';
import { BatchEncoder } from './batch-encoder.ts';
import { Brokers } from './brokers.ts';
import { loadCrc32c } from './crc32c.ts';
import type { ProducerId } from './init-producer-id.ts';
import { ProducerIdentity } from './producer-identity.ts';
import { TopicWriter, type Workshop } from './topic-writer.ts';
import { WireBuffers } from './wire-buffers.ts';

/** Sends of one topic that may be under way together; a broker keeps the last five of a producer in mind. */
export const sendsUnderWay = 3;

/** Milliseconds that the last acknowledgements are waited for. */
const finishWithin = 3000;

/** Makes producers that follow each other and share one producer id. Sends of a topic under way together arrive in order. */
export function nativeProducers(config: KafkaSinkConfig): () => RecordProducer {
  const identity = new ProducerIdentity();
  const buffers = new WireBuffers(sendsUnderWay);
  const partitioner = new Partitioner();
  return () => openProducer(config, { identity, buffers, partitioner });
}

interface Inheritance {
  readonly identity: ProducerIdentity;
  readonly buffers: WireBuffers;
  readonly partitioner: Partitioner;
}

function openProducer(config: KafkaSinkConfig, { identity, buffers, partitioner }: Inheritance): RecordProducer {
  const brokers = new Brokers(config);
  const writers = new Map<string, TopicWriter>();
  const underWay = new Set<Promise<void>>();
  let id: ProducerId | null = null;

  const open = async (): Promise<Workshop> => {
    const packer = await loadPacker(config.compression);
    const crc32c = loadCrc32c();
    if (config.idempotent) id = await identity.next(await brokers.any());
    const encoder = new BatchEncoder(buffers, packer, crc32c);
    return { brokers, encoder, buffers, partitioner, id, acks: config.acks, timeout: config.deadline };
  };
  let opened: Promise<Workshop> | null = null;

  const writer = (topic: string, workshop: Workshop): TopicWriter => {
    const known = writers.get(topic) ?? new TopicWriter(topic, workshop);
    writers.set(topic, known);
    return known;
  };

  return {
    async send(topic, batch) {
      opened ??= open();
      const work = opened.then((workshop) => writer(topic, workshop).send(batch));
      underWay.add(work);
      try {
        await work;
      } catch (error) {
        if (id !== null) identity.judge(error, id);
        throw error;
      } finally {
        underWay.delete(work);
      }
    },
    async close() {
      await within(finishWithin, Promise.allSettled(underWay));
      await within(finishWithin, brokers.end());
      brokers.cut();
    },
    cut: () => brokers.cut(),
  };
}
