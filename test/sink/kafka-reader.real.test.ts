import kafkajs from 'kafkajs';
import { describe, expect, inject, it } from 'vitest';
import { openKafkaReader } from '../../src/sink/kafka/kafka-reader.ts';
import type { KafkaSinkConfig } from '../../src/sink/sink-config.ts';
import type { StreamPosition, StreamReader } from '../../src/sink/stream-reader.ts';
import { freePort } from '../support/free-port.ts';
import { uniqueTopic } from '../support/topics.ts';
import { batchOf } from './batch.ts';
import { kafkaConfig, never, openWith, record } from './kafka/place.ts';

const brokers = inject('servers').kafka.brokers;
type Event = readonly [key: string, value: string | null];

async function read(reader: StreamReader, topic: string, from: StreamPosition | null, to: StreamPosition): Promise<readonly Event[]> {
  const found: Event[] = [];
  for await (const events of reader.read(topic, from, to, never)) {
    for (const { key, value } of events) found.push([String(key), value === null ? null : String(value)]);
  }
  return found;
}

async function send(topic: string, events: readonly Event[], more: Partial<KafkaSinkConfig> = {}): Promise<void> {
  await using sink = await openWith(topic, kafkaConfig(brokers, more));
  await sink.send(topic, batchOf(events.map(([key, value]) => record(key, value))), never);
}

describe('the reader of Kafka topics', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'gives keys, values and tombstones back byte for byte: %s',
    async (compression) => {
      const topic = uniqueTopic('reader');
      const events: readonly Event[] = [
        ['{"id":1}', '{"n":9007199254740993,"t":"é🙂"}'],
        ['{"id":2}', null],
        ['{"id":1}', 'x'.repeat(50_000)],
      ];
      await send(topic, events, { compression });
      await using reader = openKafkaReader(kafkaConfig(brokers));
      expect(await read(reader, topic, null, await reader.end(topic, never))).toEqual(events);
    },
  );

  it('ends where the topic ended when it was asked, and goes on from there; each partition in its order', async () => {
    const topic = uniqueTopic('reader');
    const more = { topicDefaults: { partitions: 3, replication: 1, config: {}, create: true } };
    const events = (from: number): readonly Event[] => Array.from({ length: 400 }, (_, at): Event => [`k${at % 20}`, String(from + at)]);
    await using reader = openKafkaReader(kafkaConfig(brokers));
    await send(topic, events(0), more);
    const first = await reader.end(topic, never);
    await send(topic, events(1000), more);
    const second = await reader.end(topic, never);
    expect([first.size, [...first.values()].reduce((sum, at) => sum + at, 0n)]).toEqual([3, 400n]);
    const inOrder = (all: readonly Event[]): readonly (readonly Event[])[] =>
      Array.from({ length: 20 }, (_, number) => all.filter(([key]) => key === `k${number}`));
    expect(inOrder(await read(reader, topic, null, first))).toEqual(inOrder(events(0)));
    expect(inOrder(await read(reader, topic, first, second))).toEqual(inOrder(events(1000)));
    expect(await read(reader, topic, second, second)).toEqual([]);
  });

  it('leaves out what an aborted transaction wrote, and ends before one that is still open', async () => {
    const topic = uniqueTopic('reader');
    await send(topic, [['a', '1']]);
    const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: [{ key: 'a', value: 'aborted' }] });
    await aborted.abort();
    const committed = await producer.transaction();
    await committed.send({ topic, messages: [{ key: 'a', value: '2' }] });
    await committed.commit();
    const open = await producer.transaction();
    await open.send({ topic, messages: [{ key: 'a', value: 'open' }] });
    await using reader = openKafkaReader(kafkaConfig(brokers));
    expect(await read(reader, topic, null, await reader.end(topic, never))).toEqual([
      ['a', '1'],
      ['a', '2'],
    ]);
    await open.abort();
    await producer.disconnect();
    expect(await read(reader, topic, null, await reader.end(topic, never))).toEqual([
      ['a', '1'],
      ['a', '2'],
    ]);
  });

  it('names a topic that is missing and a broker that is not there, and makes no topic', async () => {
    const topic = uniqueTopic('reader');
    await using reader = openKafkaReader(kafkaConfig(brokers));
    await expect(reader.end(topic, never)).rejects.toMatchObject({ code: 'LIB303' });
    await expect(reader.end(topic, never)).rejects.toMatchObject({ code: 'LIB303' });
    await using nobody = openKafkaReader(kafkaConfig([`127.0.0.1:${await freePort()}`]));
    await expect(nobody.end(topic, never)).rejects.toMatchObject({ code: 'LIB301' });
  });

  it('stops at once when it is told to', async () => {
    const topic = uniqueTopic('reader');
    await send(topic, [['a', '1']]);
    await using reader = openKafkaReader(kafkaConfig(brokers));
    const end = await reader.end(topic, never);
    const stop = new AbortController();
    const beyond = new Map([[0, (end.get(0) ?? 0n) + 1n]]);
    const reading = (async () => {
      for await (const events of reader.read(topic, null, beyond, stop.signal)) if (events.length > 0) stop.abort(new Error('stopped'));
    })();
    await expect(reading).rejects.toThrow('stopped');
  });
});
