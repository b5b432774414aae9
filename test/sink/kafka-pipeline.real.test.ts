import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { openKafka } from '../../src/sink/kafka/sink.ts';
import { startKafka } from '../servers/kafka.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopic, uniqueTopic } from '../support/topics.ts';
import { batchOf } from './batch.ts';
import { networkTo } from './kafka/network.ts';
import { expectStream, numbered, publish } from './kafka/pipeline.ts';
import { clients, kafkaConfig, never, openWith, record, values } from './kafka/place.ts';

const { brokers } = inject('servers').kafka;
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
};

describe.each(clients)('a stream of batches, %s', (client) => {
  it('keeps its order through connections that are reset while sends are under way', async () => {
    await using network = await networkTo(brokers, { client, deadline: 5000 });
    const topic = uniqueTopic('pipeline-reset');
    await using sink = await openWith(topic, network.config());
    const cuts = new Set([0, 1, 3, 10, 11, 12, 25, 40, 41, 59]);
    const { codes, most } = await publish({
      sink,
      topic,
      batches: 60,
      make: numbered,
      meanwhile: async (number) => {
        if (!cuts.delete(number)) return;
        await turns(number % 7);
        network.proxy.cut();
      },
    });
    expect(codes.length).toBeGreaterThan(3);
    expect(new Set(codes)).toEqual(new Set(['LIB301']));
    expect(most).toBe(sink.limits(topic).inFlight);
    expectStream(await values(brokers, topic), 60);
  });

  it('keeps its order through a network that swallows everything for a while', async () => {
    await using network = await networkTo(brokers, { client, deadline: 800 });
    const topic = uniqueTopic('pipeline-hole');
    await using sink = await openWith(topic, network.config());
    const holes = new Set([2, 7, 8, 15]);
    const { codes } = await publish({
      sink,
      topic,
      batches: 20,
      make: numbered,
      meanwhile: async (number) => {
        const begins = holes.delete(number);
        await turns(number % 5);
        network.proxy.blackhole(begins);
      },
    });
    for (const code of codes) expect(code).toBe('LIB308');
    expectStream(await values(brokers, topic), 20);
  });

  it('keeps its order, and loses nothing, while the broker is killed and started again', { timeout: 120_000 }, async () => {
    await using directory = await temporaryDirectory('liberate-pipeline-');
    await using broker = await startKafka(directory.path);
    const own = broker.facts.brokers;
    const topic = uniqueTopic('pipeline-restart');
    await using sink = await openWith(topic, kafkaConfig(own, { client, deadline: 10_000, compression: 'lz4' }));
    let back: Promise<void> | null = null;
    const batches = 200;
    const { codes } = await publish({
      sink,
      topic,
      batches,
      make: numbered,
      meanwhile: (number) => {
        if (number === 100) back ??= broker.kill().then(() => broker.restart());
      },
      afterFailure: async () => {
        await back;
      },
    });
    expect(codes.length).toBeGreaterThan(0);
    expectStream(await values(own, topic), batches);
  });

  it('ends at a batch that the broker refuses: none of those behind it is written, first of its producer or not', async () => {
    const topicDefaults = { partitions: 1, replication: 1, create: true, config: { 'max.message.bytes': '20000' } };
    for (const refused of [0, 1, 5]) {
      const topic = uniqueTopic('pipeline-refused');
      // Packed, so that only the broker can find it too large; and random, so that packing does not help.
      await using sink = await openWith(topic, kafkaConfig(brokers, { client, compression: 'gzip', topicDefaults }));
      const wide = (): ReturnType<typeof batchOf> => batchOf([record('wide', randomBytes(30_000).toString('hex'))]);
      const make = (number: number) => (number === refused ? wide() : numbered(number));
      await expect(publish({ sink, topic, batches: 10, make })).rejects.toMatchObject({
        code: 'LIB305',
        message: expect.stringContaining('wide'),
      });
      if (refused === 0) expect(await values(brokers, topic)).toEqual([]);
      else expectStream(await values(brokers, topic), refused);
      // The sink is well: with the row left out the stream goes on.
      await sink.send(topic, numbered(refused), never);
      expectStream(await values(brokers, topic), refused + 1);
    }
  });
});

describe('the client of our own', () => {
  it('writes what kafkajs writes: the same bytes, headers, times, partitions and order', async () => {
    const topicDefaults = { partitions: 5, replication: 1, create: true, config: {} };
    const now = Date.now();
    const headers = { 'liberate.op': 'upsert', größe: 'żółć 🦊', empty: '' };
    const all = Array.from({ length: 400 }, (_, at) =>
      record(`{"id":${at % 150}}`, at % 11 === 0 ? null : `{"n":${at},"pad":"${'y'.repeat((at * 37) % 700)}"}`, {
        headers,
        timestamp: String(now - ((at * 7_919_000_017) % 1.6e12)),
      }),
    );
    const found = [];
    for (const client of clients) {
      const topic = uniqueTopic('same');
      await using sink = await openWith(topic, kafkaConfig(brokers, { client, topicDefaults }));
      for (let at = 0; at < all.length; at += 100) await sink.send(topic, batchOf(all.slice(at, at + 100)), never);
      found.push(await readTopic(brokers, topic));
    }
    expect(found[0]).toHaveLength(400);
    expect(new Set(found[0]?.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(found[0]).toEqual(found[1]);
  });

  it('acknowledges nothing before the broker has, and then in order', async () => {
    await using network = await networkTo(brokers, { deadline: 20_000 });
    const topic = uniqueTopic('acks');
    await using sink = await openWith(topic, network.config());
    await sink.send(topic, numbered(0), never);
    network.proxy.blackhole(true);
    const order: number[] = [];
    const sends = [1, 2, 3].map((number) => sink.send(topic, numbered(number), never).then(() => order.push(number)));
    await turns(200);
    expect(order).toEqual([]);
    network.proxy.blackhole(false);
    await Promise.all(sends);
    expect(order).toEqual([1, 2, 3]);
    expectStream(await values(brokers, topic), 4);
  });

  it('waits on closing for the acknowledgements of what is under way', async () => {
    const topic = uniqueTopic('close');
    const sink = await openWith(topic, kafkaConfig(brokers));
    const sends = [0, 1, 2].map((number) => sink.send(topic, numbered(number), never));
    await sink[Symbol.asyncDispose]();
    await Promise.all(sends);
    expectStream(await values(brokers, topic), 3);
  });

  it('finds the next broker of the list when the first is away', async () => {
    await using network = await networkTo(brokers, {});
    await network.proxy.refuse(true);
    const topic = uniqueTopic('second');
    await using sink = openKafka(kafkaConfig([...network.config().brokers, ...brokers]));
    await sink.prepare({ name: topic, keyed: true }, never);
    await sink.send(topic, numbered(0), never);
    expectStream(await values(brokers, topic), 1);
  });

  it('takes partitions that were written by an earlier producer of the same id, whatever failed in between', async () => {
    await using network = await networkTo(brokers, { deadline: 5000 });
    const topic = uniqueTopic('epochs');
    await using sink = await openWith(topic, network.config());
    for (let number = 0; number < 5; number += 1) {
      await sink.send(topic, numbered(number), never);
      const beside = sink.send(topic, numbered(number + 1), never);
      network.proxy.cut();
      await beside.catch(() => undefined);
    }
    await sink.send(topic, numbered(5), never);
    expectStream(await values(brokers, topic), 6);
  });
});
