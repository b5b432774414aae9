import { throwIfAborted } from '../../kit/abort.ts';
import type { OutboundRecord } from '../../model/record.ts';
import type { Sink } from '../sink.ts';
import { memorySchemas } from './schemas.ts';

export interface MemorySink extends Sink {
  /** What was sent to the topic, in order; copies, so they stay as they were. */
  records(topic: string): readonly OutboundRecord[];
}

/** Keeps every record until it is dropped: for `preview` and for tests. */
export function openMemory(): MemorySink {
  const topics = new Map<string, OutboundRecord[]>();
  return {
    name: 'memory',
    kind: 'memory',
    schemas: memorySchemas(),
    check: async () => [],
    prepare: async () => [],
    look: async ({ name }) => ({ exists: topics.has(name), partitions: null, policy: null, findings: [] }),
    limits: () => ({ records: 5000, bytes: 1_000_000, inFlight: 4 }),
    records: (topic) => topics.get(topic) ?? [],
    async send(topic, batch, signal) {
      throwIfAborted(signal);
      const list = topics.get(topic) ?? [];
      topics.set(topic, list);
      for (const { key, value, timestamp, headers } of batch.records()) {
        list.push({ key: key && Buffer.from(key), value: value && Buffer.from(value), timestamp, headers: { ...headers } });
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}
