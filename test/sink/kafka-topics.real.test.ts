import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { TopicSpec } from '../../src/model/record.ts';
import type { Finding } from '../../src/model/report.ts';
import { openKafka } from '../../src/sink/kafka/sink.ts';
import type { TopicDefaults } from '../../src/sink/sink-config.ts';
import { uniqueTopic } from '../support/topics.ts';
import { kafkaConfig, never } from './kafka/place.ts';

const { brokers } = inject('servers').kafka;
const defaults: TopicDefaults = { partitions: null, replication: null, config: {}, create: true };
let admin: Admin;

beforeAll(async () => {
  admin = new kafkajs.Kafka({ brokers: [...brokers] }).admin();
  await admin.connect();
});
afterAll(() => admin.disconnect());

async function prepare(spec: TopicSpec, topicDefaults: Partial<TopicDefaults> = {}): Promise<readonly Finding[]> {
  await using sink = openKafka(kafkaConfig(brokers, { topicDefaults: { ...defaults, ...topicDefaults } }));
  return await sink.prepare(spec, never);
}

async function settings(topic: string): Promise<ReadonlyMap<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  });
  return new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
}

async function partitions(topic: string): Promise<number | undefined> {
  return (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length;
}

const make = (topic: string, config: Readonly<Record<string, string>>, numPartitions = 1) =>
  admin.createTopics({
    topics: [{ topic, numPartitions, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) }],
  });

describe('a topic that is missing', () => {
  it('is made compacted for a keyed stream, for rows of any time', async () => {
    const name = uniqueTopic('keyed');
    expect(await prepare({ name, keyed: true })).toEqual([]);
    const made = await settings(name);
    expect(made.get('cleanup.policy')).toBe('compact');
    expect(made.get('message.timestamp.type')).toBe('CreateTime');
    expect(made.get('message.timestamp.after.max.ms')).toBe('9223372036854775807');
    expect(await partitions(name)).toBe(1);
  });

  it('is made to keep everything for a stream without keys', async () => {
    const name = uniqueTopic('keyless');
    expect(await prepare({ name, keyed: false })).toEqual([]);
    const made = await settings(name);
    expect(made.get('cleanup.policy')).toBe('delete');
    expect(made.get('retention.ms')).toBe('-1');
  });

  it('gets the partitions and settings of topicDefaults, which come before ours', async () => {
    const name = uniqueTopic('given');
    await prepare(
      { name, keyed: true },
      { partitions: 4, replication: 1, config: { 'cleanup.policy': 'compact,delete', 'segment.ms': '600000' } },
    );
    const made = await settings(name);
    expect(made.get('cleanup.policy')).toBe('compact,delete');
    expect(made.get('segment.ms')).toBe('600000');
    expect(await partitions(name)).toBe(4);
  });

  it('is an error where liberate may not make it', async () => {
    const name = uniqueTopic('missing');
    await expect(prepare({ name, keyed: true }, { create: false })).rejects.toMatchObject({
      code: 'LIB303',
      message: expect.stringContaining(name),
    });
    await expect(partitions(name)).rejects.toThrow();
  });

  it('with a setting that the broker does not know is an error', async () => {
    const name = uniqueTopic('unknown');
    await expect(prepare({ name, keyed: true }, { config: { 'no.such.setting': '1' } })).rejects.toMatchObject({
      code: 'LIB304',
      message: expect.stringContaining('INVALID_CONFIG'),
    });
  });

  it('with more replicas than there are brokers is an error', async () => {
    const name = uniqueTopic('replicas');
    await expect(prepare({ name, keyed: true }, { replication: 3 })).rejects.toMatchObject({
      code: 'LIB304',
      cure: expect.stringContaining('topicDefaults.replication'),
    });
  });

  it('is made once when several processes come at the same time', async () => {
    const name = uniqueTopic('race');
    await Promise.all(Array.from({ length: 5 }, () => prepare({ name, keyed: true })));
    expect(await partitions(name)).toBe(1);
  });
});

describe('a topic that is there', () => {
  it('and fits has nothing to tell', async () => {
    const name = uniqueTopic('fits');
    await make(name, { 'cleanup.policy': 'compact' });
    expect(await prepare({ name, keyed: true })).toEqual([]);
  });

  const misfits: readonly (readonly [string, Readonly<Record<string, string>>, Finding['severity'], RegExp])[] = [
    [
      'deletes old rows',
      { 'cleanup.policy': 'delete', 'retention.ms': '604800000' },
      'warning',
      /cleanup\.policy=delete and retention\.ms=604800000/,
    ],
    [
      'deletes old rows beside compaction',
      { 'cleanup.policy': 'compact,delete', 'retention.ms': '604800000' },
      'warning',
      /cleanup\.policy=compact,delete/,
    ],
    ['stamps records itself', { 'cleanup.policy': 'compact', 'message.timestamp.type': 'LogAppendTime' }, 'info', /LogAppendTime/],
    ['takes small records only', { 'cleanup.policy': 'compact', 'max.message.bytes': '50000' }, 'warning', /max\.message\.bytes=50000/],
  ];
  for (const [what, config, severity, message] of misfits) {
    it(`and ${what} is told of`, async () => {
      const name = uniqueTopic('misfit');
      await make(name, config);
      expect(await prepare({ name, keyed: true })).toEqual([
        expect.objectContaining({ severity, message: expect.stringMatching(message), cure: expect.any(String) }),
      ]);
    });
  }

  it('and has other partitions than configured is told of, and keeps them', async () => {
    const name = uniqueTopic('partitions');
    await make(name, { 'cleanup.policy': 'compact' }, 2);
    expect(await prepare({ name, keyed: true }, { partitions: 6 })).toEqual([
      expect.objectContaining({
        severity: 'warning',
        code: 'LIB304',
        message: expect.stringContaining('2 partitions, topicDefaults says 6'),
      }),
    ]);
    expect(await partitions(name)).toBe(2);
  });

  it('and is compacted is refused for a stream without keys', async () => {
    const name = uniqueTopic('compacted');
    await make(name, { 'cleanup.policy': 'compact' });
    await expect(prepare({ name, keyed: false })).rejects.toMatchObject({
      code: 'LIB304',
      message: expect.stringContaining('without a key'),
    });
  });
});

describe('a name that Kafka does not allow', () => {
  for (const name of ['', '.', '..', 'a b', 'größe', 'shop/orders', 'x'.repeat(250)]) {
    it(`${JSON.stringify(name.slice(0, 20))} is refused by name`, async () => {
      await expect(prepare({ name, keyed: true })).rejects.toMatchObject({
        code: 'LIB304',
        message: expect.stringContaining(JSON.stringify(name)),
      });
    });
  }
});
