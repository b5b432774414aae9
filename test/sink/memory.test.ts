import { expect, it } from 'vitest';
import { openMemory } from '../../src/sink/memory/memory.ts';
import { sinkContract } from '../contract/sink.ts';

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
  const value = Buffer.from('{"a":1}');
  await sink.send('t', [{ key: null, value, timestamp: '0', headers: {} }], new AbortController().signal);
  value.fill('x');
  expect(sink.records('t')[0]?.value?.toString()).toBe('{"a":1}');
});
