import { type Admin, CompressionTypes, Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { registerCodecs } from './codecs.ts';
import { readTopic, readTopicBytes, uniqueTopic } from './topics.ts';

const { brokers } = inject('servers').kafka;
const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
const admin: Admin = kafka.admin();
const producer: Producer = kafka.producer();
const made: string[] = [];

beforeAll(async () => {
  registerCodecs();
  await Promise.all([admin.connect(), producer.connect()]);
});

afterAll(async () => {
  await admin.deleteTopics({ topics: made });
  await Promise.all([admin.disconnect(), producer.disconnect()]);
});

async function newTopic(numPartitions = 1): Promise<string> {
  const topic = uniqueTopic('read');
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  made.push(topic);
  return topic;
}

function transactional(): Producer {
  return kafka.producer({
    transactionalId: uniqueTopic('tx'),
    idempotent: true,
    maxInFlightRequests: 1,
    retry: { initialRetryTime: 20 },
  });
}

test('an empty topic has no records', async () => {
  expect(await readTopic(brokers, await newTopic(3))).toEqual([]);
});

test('a topic that does not exist is an error', async () => {
  await expect(readTopic(brokers, uniqueTopic('none'))).rejects.toThrow('does not host this topic');
});

test('keys, values, headers, times and tombstones of all partitions come in order', async () => {
  const topic = await newTopic(2);
  await producer.send({
    topic,
    messages: [
      { partition: 1, key: 'b', value: null, timestamp: '1700000000123' },
      { partition: 0, key: 'a', value: 'ü', timestamp: '5', headers: { h: 'x', e: '' } },
      { partition: 1, key: null, value: '', timestamp: '1' },
    ],
  });
  expect(await readTopic(brokers, topic)).toEqual([
    { partition: 0, offset: 0, key: 'a', value: 'ü', timestamp: 5, headers: { h: 'x', e: '' } },
    { partition: 1, offset: 0, key: 'b', value: null, timestamp: 1700000000123, headers: {} },
    { partition: 1, offset: 1, key: null, value: '', timestamp: 1, headers: {} },
  ]);
});

test.each(['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const)('records compressed with %s are read', async (name) => {
  const topic = await newTopic();
  const messages = Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: 'v'.repeat(i) }));
  await producer.send({ topic, messages, compression: CompressionTypes[name] });
  const records = await readTopic(brokers, topic);
  expect(records.map(({ key, value }) => ({ key, value }))).toEqual(messages);
});

test('bytes that are not text stay as they are', async () => {
  const topic = await newTopic();
  await producer.send({ topic, messages: [{ key: Buffer.from([0, 0, 0, 0]), value: Buffer.from([0xff, 0]) }] });
  const [record] = await readTopicBytes(brokers, topic);
  expect(record).toMatchObject({ key: Buffer.from([0, 0, 0, 0]), value: Buffer.from([0xff, 0]) });
});

test('aborted records and markers are left out, also at the end of the topic', async () => {
  const topic = await newTopic();
  const one = transactional();
  await one.connect();
  const commit = await one.transaction();
  await commit.send({ topic, messages: [{ key: 'a', value: '1' }] });
  await commit.commit();
  const abort = await one.transaction();
  // A key that looks like an abort marker must not end the transaction for the reader.
  await abort.send({
    topic,
    messages: [
      { key: Buffer.alloc(4), value: '2' },
      { key: 'b', value: '2' },
    ],
  });
  await abort.abort();
  await one.disconnect();

  const values = async (isolation: 'read_committed' | 'read_uncommitted'): Promise<unknown> =>
    (await readTopic(brokers, topic, { isolation })).map(({ offset, value }) => [offset, value]);
  expect(await values('read_committed')).toEqual([[0, '1']]);
  expect(await values('read_uncommitted')).toEqual([
    [0, '1'],
    [2, '2'],
    [3, '2'],
  ]);
});

test('reading stops before a transaction that is still open', async () => {
  const topic = await newTopic();
  await producer.send({ topic, messages: [{ key: 'a', value: '1' }] });
  const one = transactional();
  await one.connect();
  const open = await one.transaction();
  await open.send({ topic, messages: [{ key: 'b', value: '2' }] });
  await producer.send({ topic, messages: [{ key: 'c', value: '3' }] });
  expect((await readTopic(brokers, topic)).map(({ key }) => key)).toEqual(['a']);
  expect(await readTopic(brokers, topic, { isolation: 'read_uncommitted' })).toHaveLength(3);
  await open.commit();
  expect(await readTopic(brokers, topic)).toHaveLength(3);
  await one.disconnect();
});

test('a hundred thousand records of many batches are all read', async () => {
  const topic = await newTopic(3);
  const value = 'x'.repeat(200);
  for (let sent = 0; sent < 100_000; sent += 500) {
    const messages = Array.from({ length: 500 }, (_, i) => ({
      key: String(sent + i),
      value,
      partition: (sent + i) % 3,
    }));
    await producer.send({ topic, messages });
  }
  const begin = performance.now();
  const records = await readTopic(brokers, topic);
  const seconds = (performance.now() - begin) / 1000;
  expect(new Set(records.map(({ key }) => key)).size).toBe(100_000);
  expect(records).toHaveLength(100_000);
  // It is quick in its own right, not merely within the test's time; generous for a busy machine.
  expect(seconds).toBeLessThan(20);
});
