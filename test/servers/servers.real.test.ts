import { readFile } from 'node:fs/promises';
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { describe, expect, inject, test } from 'vitest';
import { openMariadb, openPostgres } from '../support/databases.ts';
import { freePort } from '../support/free-port.ts';
import { startProxy } from '../support/proxy.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopic, uniqueTopic } from '../support/topics.ts';
import { notOurBroker, type SecureKafkaFacts } from './facts.ts';
import { startKafka } from './kafka.ts';
import { startMariadb } from './mariadb.ts';
import { startPostgres } from './postgres.ts';

const { postgres, mariadb, kafka } = inject('servers');

async function topicsOf(config: Partial<KafkaConfig> & Pick<KafkaConfig, 'brokers'>): Promise<readonly string[]> {
  const admin = new Kafka({ retry: { retries: 2 }, logLevel: logLevel.NOTHING, ...config }).admin();
  try {
    await admin.connect();
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

describe('the shared servers', () => {
  test('PostgreSQL answers, in UTC, ready for logical decoding and prepared transactions', async () => {
    await using session = await openPostgres(postgres.url);
    expect(
      await session.rows(
        "SELECT current_setting('timezone'), current_setting('wal_level'), current_setting('max_prepared_transactions')::int > 0",
      ),
    ).toEqual([['UTC', 'logical', 't']]);
  });

  test('MariaDB answers', async () => {
    await using session = await openMariadb(mariadb.url);
    expect(await session.rows('SELECT 1 + 1')).toEqual([['2']]);
  });

  test('Kafka answers', async () => {
    expect(await topicsOf({ brokers: [...kafka.brokers] })).toBeInstanceOf(Array);
  });

  test.skipIf(!postgres.caFile)('PostgreSQL speaks TLS, verified by its CA', async () => {
    const client = new pg.Client({
      connectionString: postgres.url,
      ssl: { ca: await readFile(String(postgres.caFile), 'utf8') },
    });
    await client.connect();
    const { rows } = await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await client.end();
    expect(rows).toEqual([{ ssl: true }]);
  });

  test.skipIf(!mariadb.caFile)('MariaDB speaks TLS, verified by its CA', async () => {
    const ssl = { ca: await readFile(String(mariadb.caFile), 'utf8') };
    const connection = await mysql.createConnection({ uri: mariadb.url.replace('mariadb:', 'mysql:'), ssl });
    const [rows] = await connection.query("SHOW STATUS LIKE 'Ssl_version'");
    await connection.end();
    expect(rows).toEqual([{ Variable_name: 'Ssl_version', Value: expect.stringMatching('TLS') }]);
  });
});

describe('Kafka with TLS and passwords', () => {
  const { secure } = kafka;

  async function connects(brokers: (facts: SecureKafkaFacts) => readonly string[], tls: boolean, sasl?: SASLOptions): Promise<void> {
    if (!secure) throw new Error(notOurBroker);
    const ca = await readFile(secure.caFile, 'utf8');
    const topics = topicsOf({
      brokers: [...brokers(secure)],
      ...(tls ? { ssl: { ca: [ca] } } : {}),
      ...(sasl ? { sasl } : {}),
    });
    expect(await topics).toBeInstanceOf(Array);
  }

  const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

  test('a verified TLS connection works', async ({ skip }) => {
    if (!secure) return skip(notOurBroker);
    await connects((facts) => facts.tlsBrokers, true);
  });

  test.for(mechanisms)('a login by %s works, without and with TLS', async (mechanism, { skip }) => {
    if (!secure) return skip(notOurBroker);
    const sasl = { mechanism, username: secure.user, password: secure.password } as SASLOptions;
    await connects((facts) => facts.saslBrokers, false, sasl);
    await connects((facts) => facts.saslTlsBrokers, true, sasl);
  });

  test.for(mechanisms)('a wrong password by %s is refused', async (mechanism, { skip }) => {
    if (!secure) return skip(notOurBroker);
    const sasl = { mechanism, username: secure.user, password: 'wrong' } as SASLOptions;
    await expect(connects((facts) => facts.saslBrokers, false, sasl)).rejects.toMatchObject({
      name: 'KafkaJSSASLAuthenticationError',
    });
  });

  test('a certificate of an unknown CA is refused', async ({ skip }) => {
    if (!secure) return skip(notOurBroker);
    await expect(topicsOf({ brokers: [...secure.tlsBrokers], ssl: true, retry: { retries: 0 } })).rejects.toThrow('certificate');
  });
});

describe('a server of a test of its own', () => {
  test('PostgreSQL keeps what was committed through a kill and a restart', async () => {
    await using directory = await temporaryDirectory();
    await using server = await startPostgres(directory.path, { timezone: 'Asia/Tehran' });
    await using before = await openPostgres(server.facts.url);
    await before.run('CREATE TABLE t (id INT); INSERT INTO t VALUES (1)');
    await server.kill();
    await expect(before.rows('SELECT 1')).rejects.toThrow();
    await server.restart();
    await using after = await openPostgres(server.facts.url);
    expect(await after.rows("SELECT id, current_setting('timezone') FROM t")).toEqual([['1', 'Asia/Tehran']]);
  });

  test('MariaDB keeps what was committed through a kill and a restart', async () => {
    await using directory = await temporaryDirectory();
    await using server = await startMariadb(directory.path);
    await using before = await openMariadb(`${server.facts.url}mysql`);
    await before.run('CREATE DATABASE shop; CREATE TABLE shop.t (id INT); INSERT INTO shop.t VALUES (1)');
    await server.kill();
    await expect(before.rows('SELECT 1')).rejects.toThrow();
    await server.restart();
    await using after = await openMariadb(server.facts.url);
    expect(await after.rows('SELECT id FROM shop.t')).toEqual([['1']]);
  });

  test('Kafka keeps what was acknowledged through a kill and a restart, and can be reached by way of a proxy', {
    timeout: 120_000,
  }, async () => {
    await using directory = await temporaryDirectory();
    const proxyPort = await freePort();
    await using server = await startKafka(directory.path, { proxyPort });
    await using proxy = await startProxy({ port: Number(server.facts.proxyTarget) }, { port: proxyPort });
    const client = new Kafka({ brokers: [`127.0.0.1:${proxy.port}`], logLevel: logLevel.NOTHING });
    const topic = uniqueTopic('kept');
    const admin = client.admin();
    const producer = client.producer();
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
    await producer.send({ topic, messages: [{ key: 'a', value: '1' }] });
    await server.kill();
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    await expect(readTopic(server.facts.brokers, topic)).rejects.toThrow();
    await server.restart();
    expect((await readTopic(server.facts.brokers, topic)).map(({ key, value }) => [key, value])).toEqual([['a', '1']]);
    await proxy.refuse(true);
    await expect(readTopic([`127.0.0.1:${proxy.port}`], topic)).rejects.toThrow();
  });
});
