import { type Admin, Kafka, logLevel } from 'kafkajs';
import { waitFor } from '../test/support/wait-for.ts';

export interface Topics extends AsyncDisposable {
  readonly brokers: readonly string[];
  /** A topic of its own for each run, made before the clock starts. Gives its name. */
  create(prefix: string, partitions: number): Promise<string>;
  /** Records ever written to it. */
  count(topic: string): Promise<number>;
  /** So that the disk stays small. */
  remove(topic: string): Promise<void>;
}

export const quietKafka = (brokers: readonly string[]): Kafka =>
  new Kafka({ clientId: 'bench', brokers: [...brokers], logLevel: logLevel.NOTHING });

export async function openTopics(brokers: readonly string[]): Promise<Topics> {
  const admin = quietKafka(brokers).admin();
  await admin.connect();
  let made = 0;
  return {
    brokers,
    create: async (prefix, partitions) => {
      made += 1;
      const topic = `${prefix}.${made}`;
      // Not compacted: the broker's cleaner would work beside what is measured.
      const configEntries = [{ name: 'cleanup.policy', value: 'delete' }];
      await admin.createTopics({
        topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
        waitForLeaders: false,
      });
      // A broker may not know for a moment what its controller has made.
      await waitFor(() => count(admin, topic).then(() => true), { timeout: 30_000, what: `the topic ${topic}` });
      return topic;
    },
    count: (topic) => count(admin, topic),
    remove: (topic) => admin.deleteTopics({ topics: [topic] }),
    [Symbol.asyncDispose]: () => admin.disconnect(),
  };
}

async function count(admin: Admin, topic: string): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}
