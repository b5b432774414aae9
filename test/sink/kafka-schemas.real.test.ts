import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { openKafka } from '../../src/sink/kafka/sink.ts';
import { batchOf } from './batch.ts';
import { clients, kafkaConfig, never, record } from './kafka/place.ts';
import { faultOf, keeperContract, version } from './schemas.ts';

const { brokers } = inject('servers').kafka;
const fresh = (): string => `test.schemas.${randomBytes(6).toString('hex')}`;

describe.each(clients)('the topic of schemas, written by %s', (client) => {
  const schemaTopic = fresh();
  let topics = 0;
  keeperContract(
    async () => openKafka(kafkaConfig(brokers, { schemaTopic, client })),
    () => `shop.orders${(topics += 1)}`,
  );

  it('is compacted, has one partition, and takes a wide schema', async () => {
    const name = fresh();
    await using sink = openKafka(
      kafkaConfig(brokers, { schemaTopic: name, client, topicDefaults: { partitions: 3, replication: 1, config: {}, create: true } }),
    );
    const wide = version(1, { model: { text: 'x'.repeat(3_000_000) } });
    await sink.schemas?.keep('wide', wide, never);
    expect(await sink.schemas?.history('wide', never)).toEqual([wide]);
    expect(await sink.look({ name, keyed: true }, never)).toMatchObject({ partitions: 1, policy: 'compact' });
  });
});

describe('the topic of schemas', () => {
  const open = (schemaTopic: string) => openKafka(kafkaConfig(brokers, { schemaTopic }));

  it('is not made by a look', async () => {
    const name = fresh();
    await using sink = open(name);
    expect(await sink.schemas?.history('orders', never)).toEqual([]);
    expect(await sink.look({ name, keyed: true }, never)).toMatchObject({ exists: false });
  });

  it('stands in for nothing where it holds what is no schema', async () => {
    const name = fresh();
    await using sink = open(name);
    await sink.schemas?.keep('orders', version(1), never);
    await sink.send(name, batchOf([record('{"topic":"orders","version":2}', '{"topic":"orders","version":2}')]), never);
    const fault = await faultOf(sink.schemas?.history('orders', never) as Promise<unknown>);
    expect([fault.code, fault.message]).toEqual(['LIB707', expect.stringContaining(name)]);
  });

  it('forgets the versions that somebody has buried', async () => {
    const name = fresh();
    await using sink = open(name);
    await sink.schemas?.keep('orders', version(1), never);
    await sink.send(name, batchOf([record('{"topic":"orders","version":1}', null)]), never);
    expect(await sink.schemas?.history('orders', never)).toEqual([]);
  });

  it('that may not be made is asked for, with the cure', async () => {
    const topicDefaults = { partitions: 1, replication: 1, config: {}, create: false };
    await using sink = openKafka(kafkaConfig(brokers, { schemaTopic: fresh(), topicDefaults }));
    expect(await faultOf(sink.schemas?.keep('orders', version(1), never) as Promise<void>)).toMatchObject({
      code: 'LIB303',
      cure: expect.stringContaining('schemaTopic: none'),
    });
  });
});
