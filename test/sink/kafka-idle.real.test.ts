import kafkajs from 'kafkajs';
import { afterEach, expect, inject, it, vi } from 'vitest';
import { uniqueTopic } from '../support/topics.ts';
import { batchOf } from './batch.ts';
import { clients, kafkaConfig, never, openWith, record } from './kafka/place.ts';

const { brokers } = inject('servers').kafka;

afterEach(() => vi.restoreAllMocks());

/** Timers set within so many turns of the event loop, each at least a millisecond long, in which nothing is asked of the client. */
async function timersWhileIdle(): Promise<number> {
  const own = globalThis.setTimeout;
  const timeouts = vi.spyOn(globalThis, 'setTimeout');
  const intervals = vi.spyOn(globalThis, 'setInterval');
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => own(resolve, 1));
  return timeouts.mock.calls.length + intervals.mock.calls.length;
}

// In this order: what the sink does to kafkajs lasts as long as the process.
it('kafkajs alone sets timers without end', async () => {
  const producer = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  expect(await timersWhileIdle()).toBeGreaterThan(20);
  await producer.disconnect();
});

it.each(clients)('an idle connected sink sets no timer, %s', async (client) => {
  const topic = uniqueTopic('idle');
  await using sink = await openWith(topic, kafkaConfig(brokers, { client }));
  await sink.send(topic, batchOf([record('1', '1')]), never);
  expect(await timersWhileIdle()).toBe(0);
  // It is still connected and well.
  await sink.send(topic, batchOf([record('1', '2')]), never);
});

it.each(clients)('many sends at once are all acknowledged without those timers, %s', async (client) => {
  const topics = Array.from({ length: 5 }, () => uniqueTopic('many'));
  await using sink = await openWith(topics[0] as string, kafkaConfig(brokers, { client }));
  for (const topic of topics) await sink.prepare({ name: topic, keyed: true }, never);
  const sends = topics.flatMap((topic) =>
    Array.from({ length: 40 }, (_, at) => sink.send(topic, batchOf([record('1', String(at))]), new AbortController().signal)),
  );
  expect(await Promise.all(sends)).toHaveLength(200);
});
