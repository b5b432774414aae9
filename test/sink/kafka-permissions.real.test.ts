import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafka } from '../../src/sink/kafka/sink.ts';
import type { KafkaSinkConfig } from '../../src/sink/sink-config.ts';
import { startKafka } from '../servers/kafka.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { uniqueTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { batchOf } from './batch.ts';
import { clients, kafkaConfig, never, record } from './kafka/place.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const release: (() => PromiseLike<void>)[] = [];
let admin: Admin;
let config: KafkaSinkConfig;
let user: string;

// A broker of its own: with an authorizer, the shared one would turn every other test away.
beforeAll(async () => {
  const directory = await temporaryDirectory('liberate-permissions-');
  release.unshift(() => directory[Symbol.asyncDispose]());
  const settings = { 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer', 'super.users': 'User:ANONYMOUS' };
  const broker = await startKafka(directory.path, { settings });
  release.unshift(() => broker[Symbol.asyncDispose]());
  const { brokers, secure } = broker.facts;
  admin = new kafkajs.Kafka({ brokers: [...brokers] }).admin();
  await admin.connect();
  release.unshift(() => admin.disconnect());
  user = secure?.user as string;
  config = kafkaConfig(secure?.saslBrokers ?? [], {
    sasl: { mechanism: 'scram-sha-256', username: user, password: secure?.password as string },
  });
});
afterAll(async () => {
  for (const end of release) await end();
});

async function grant(topic: string, ...operations: readonly ('CREATE' | 'DESCRIBE' | 'WRITE')[]): Promise<void> {
  const about = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: topic,
    principal: `User:${user}`,
    host: '*',
    permissionType: AclPermissionTypes.ALLOW,
  };
  const acl = operations.map((name) => ({
    ...about,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    operation: AclOperationTypes[name],
  }));
  await admin.createAcls({ acl });
  // Granted is not yet known: the broker learns it from its own log of metadata.
  const asked = { ...about, resourcePatternType: ResourcePatternTypes.LITERAL, operation: AclOperationTypes.ANY };
  await waitFor(async () => {
    const { resources } = await admin.describeAcls(asked);
    return resources.reduce((known, { acls }) => known + acls.length, 0) >= operations.length;
  });
}

// Before anything is granted: the right to write to any topic is one to be idempotent, too.
it.each(clients)('a user who may write nowhere: LIB310 that names idempotent: false, and without it the topic, %s', async (client) => {
  const topic = uniqueTopic('nowhere');
  await admin.createTopics({ topics: [{ topic }] });
  await grant(topic, 'DESCRIBE');
  const cures = { true: /idempotent: false/, false: /WRITE and DESCRIBE on the topic/ };
  for (const idempotent of [true, false]) {
    await using sink = openKafka({ ...config, client, idempotent });
    await sink.prepare({ name: topic, keyed: true }, never);
    await expect(sink.send(topic, batchOf([record('1', '1')]), never)).rejects.toMatchObject({
      code: 'LIB310',
      cure: expect.stringMatching(cures[`${idempotent}`]),
    });
  }
});

describe.each(clients)('%s', (client) => {
  it('a user who may not see the topic: LIB310', async () => {
    await using sink = openKafka({ ...config, client });
    await expect(sink.prepare({ name: uniqueTopic('hidden'), keyed: true }, never)).rejects.toMatchObject({
      code: 'LIB310',
      cure: expect.stringContaining('DESCRIBE'),
    });
  });

  it('a user who may see the topic and not write: LIB310 from the first send', async () => {
    const topic = uniqueTopic('readonly');
    await admin.createTopics({ topics: [{ topic }] });
    await grant(topic, 'DESCRIBE');
    await using sink = openKafka({ ...config, client });
    await sink.prepare({ name: topic, keyed: true }, never);
    await expect(sink.send(topic, batchOf([record('1', '1')]), never)).rejects.toMatchObject({
      code: 'LIB310',
      message: expect.stringContaining(topic),
    });
  });

  it('a user who may write and not read the settings: publishes, with a finding', async () => {
    const topic = uniqueTopic('write');
    await admin.createTopics({ topics: [{ topic }] });
    await grant(topic, 'DESCRIBE', 'WRITE');
    await using sink = openKafka({ ...config, client });
    expect(await sink.prepare({ name: topic, keyed: true }, never)).toEqual([
      expect.objectContaining({ severity: 'info', message: expect.stringContaining('may not be read') }),
    ]);
    await sink.send(topic, batchOf([record('1', '1')]), never);
  });

  it('a user who may make just this topic: makes it', async () => {
    const topic = uniqueTopic('create');
    await grant(topic, 'CREATE', 'DESCRIBE', 'WRITE');
    await using sink = openKafka({ ...config, client });
    await sink.prepare({ name: topic, keyed: true }, never);
    await sink.send(topic, batchOf([record('1', '1')]), never);
  });
});
