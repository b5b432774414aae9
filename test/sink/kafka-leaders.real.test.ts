import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaFacts } from '../servers/facts.ts';
import { startKafkaPair } from '../servers/kafka.ts';
import type { RunningServer } from '../servers/server.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { uniqueTopic, waitFor } from '../support/topics.ts';
import { expectStream, numbered, publish } from './kafka/pipeline.ts';
import { clients, kafkaConfig, openWith, values } from './kafka/place.ts';

/** The second broker leads each topic here as long as it is up, and takes the lead back a second after it has caught up. */
const settings = {
  'auto.leader.rebalance.enable': 'true',
  'leader.imbalance.check.interval.seconds': '1',
  'leader.imbalance.per.broker.percentage': '0',
  'replica.lag.time.max.ms': '5000',
};

let directory: TemporaryDirectory;
let pair: readonly RunningServer<KafkaFacts>[] = [];
let admin: Admin;
let brokers: readonly string[];

beforeAll(async () => {
  directory = await temporaryDirectory('liberate-leaders-');
  pair = await startKafkaPair(directory.path, { settings });
  brokers = pair.flatMap(({ facts }) => facts.brokers);
  admin = new Kafka({ brokers: [...(pair[0]?.facts.brokers ?? [])], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await waitFor(async () => (await admin.describeCluster()).brokers.length === 2, { timeout: 60_000, what: 'the second broker' });
});
afterAll(async () => {
  await admin?.disconnect();
  for (const server of [...pair].reverse()) await server[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

async function leaderOf(topic: string): Promise<number | undefined> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return topics[0]?.partitions[0]?.leader;
}

async function ledBy(topic: string, ...nodes: readonly number[]): Promise<void> {
  const led = async (): Promise<boolean> => nodes.includes((await leaderOf(topic).catch(() => undefined)) ?? -1);
  await waitFor(led, { timeout: 60_000, what: `${topic} to be led by broker ${nodes.join(' or ')}` });
}

describe.each(clients)('partitions that change their leader, %s', (client) => {
  const openOn = async (topic: string) => {
    // Made by hand: its preferred leader is the broker that comes and goes.
    await admin.createTopics({ topics: [{ topic, replicaAssignment: [{ partition: 0, replicas: [2, 1] }] }] });
    await ledBy(topic, 2);
    return openWith(
      topic,
      kafkaConfig(brokers, { client, deadline: 10_000, topicDefaults: { partitions: 1, replication: 2, config: {}, create: true } }),
    );
  };

  it('a leader that crashes and later leads again: nothing is lost and nothing overtakes', { timeout: 180_000 }, async () => {
    const [, second] = pair as [RunningServer<KafkaFacts>, RunningServer<KafkaFacts>];
    const topic = uniqueTopic('leaders-crash');
    await using sink = await openOn(topic);
    const batches = 300;
    let crash: Promise<void> | null = null;
    let back: Promise<void> | null = null;
    const { codes } = await publish({
      sink,
      topic,
      batches,
      make: numbered,
      meanwhile: async (number) => {
        if (number === 100) crash ??= second.kill();
        // The other one leads by then; this batch is sent to it, and those after it while the lead goes back.
        if (number === 200) back ??= ledBy(topic, 1).then(() => second.restart());
        if (number === 250) {
          await back;
          await ledBy(topic, 2);
        }
      },
      afterFailure: async () => {
        await crash;
        await (back === null ? ledBy(topic, 1) : ledBy(topic, 1, 2));
      },
    });
    expect(crash).not.toBeNull();
    expect(codes.length).toBeGreaterThan(0);
    expectStream(await values(brokers, topic), batches);
  });

  it('a lead that is handed over in order, both brokers up: the sender follows it', { timeout: 180_000 }, async () => {
    const topic = uniqueTopic('leaders-move');
    await using sink = await openOn(topic);
    const batches = 120;
    const move = async (replicas: readonly number[]): Promise<void> => {
      await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment: [{ partition: 0, replicas: [...replicas] }] }] });
      await ledBy(topic, replicas[0] as number);
    };
    const moves = new Map([
      [30, [1, 2]],
      [60, [2, 1]],
      [90, [1]],
      [100, [2]],
      // Not left to one broker: kafkajs sends nothing to any topic while another one is without a leader.
      [110, [2, 1]],
    ]);
    await publish({
      sink,
      topic,
      batches,
      make: numbered,
      meanwhile: async (number) => {
        const replicas = moves.get(number);
        moves.delete(number);
        if (replicas !== undefined) await move(replicas);
      },
    });
    expect(moves.size).toBe(0);
    expectStream(await values(brokers, topic), batches);
  });
});
