import { expect, it } from 'vitest';
import { openMemory } from '../../src/sink/memory/memory.ts';
import { sinkContract } from '../contract/sink.ts';
import { batchOf } from './batch.ts';

sinkContract({
  kind: 'memory',
  skips: { reopening: 'its records live and die with it' },
  async create() {
    let topics = 0;
    const sink = openMemory();
    return {
      open: async () => sink,
      topic: () => `topic-${(topics += 1)}`,
      read: async (topic) =>
        sink.records(topic).map(({ key, value, timestamp, headers }) => ({
          key: key?.toString() ?? null,
          value: value?.toString() ?? null,
          timestamp,
          headers,
        })),
      async [Symbol.asyncDispose]() {},
    };
  },
});

it('keeps a record as it was sent when its buffer is used again', async () => {
  await using sink = openMemory();
  const batch = batchOf([{ key: null, value: Buffer.from('{"a":1}'), timestamp: '0', headers: {} }]);
  await sink.send('t', batch, new AbortController().signal);
  batch.bytes.fill('x');
  expect(sink.records('t')[0]?.value?.toString()).toBe('{"a":1}');
});
