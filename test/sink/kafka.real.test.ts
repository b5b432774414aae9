import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import { openKafka } from '../../src/sink/kafka/sink.ts';
import type { KafkaSinkConfig, Sasl } from '../../src/sink/sink-config.ts';
import { sinkContract } from '../contract/sink.ts';
import { notOurBroker } from '../servers/facts.ts';
import { freePort } from '../support/free-port.ts';
import { startProxy } from '../support/proxy.ts';
import { readTopic, uniqueTopic } from '../support/topics.ts';
import { batchOf } from './batch.ts';
import { clients, kafkaConfig as configOf, never, openWith, record, seen } from './kafka/place.ts';

const { brokers, secure } = inject('servers').kafka;

const tls = (): NonNullable<KafkaSinkConfig['tls']> => ({
  ca: readFileSync(secure?.caFile as string, 'utf8'),
  cert: null,
  key: null,
  servername: null,
  verify: true,
});

const login = (mechanism: Sasl['mechanism']): Sasl => ({
  mechanism,
  username: secure?.user as string,
  password: secure?.password as string,
});

async function failure(work: Promise<unknown>): Promise<LiberateError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LiberateError);
  return error as LiberateError;
}

describe.each(clients)('by the client %s', (client) => {
  const kafkaConfig = (to: readonly string[], more: Partial<KafkaSinkConfig> = {}): KafkaSinkConfig => configOf(to, { client, ...more });

  sinkContract({
    kind: 'kafka',
    timeout: 30_000,
    create: async () => ({
      open: async () => openKafka(kafkaConfig(brokers)),
      topic: () => uniqueTopic('contract'),
      read: async (topic) => (await readTopic(brokers, topic)).map(seen),
      [Symbol.asyncDispose]: async () => undefined,
    }),
  });

  describe('every way in', () => {
    const ways: Readonly<Record<string, () => KafkaSinkConfig>> = {
      'plain text': () => kafkaConfig(brokers),
      'plain text, not idempotent': () => kafkaConfig(brokers, { idempotent: false }),
      'plain text, acknowledged by the leader alone': () => kafkaConfig(brokers, { idempotent: false, acks: 'leader' }),
      TLS: () => kafkaConfig(secure?.tlsBrokers ?? [], { tls: tls() }),
      'TLS without verification': () => kafkaConfig(secure?.tlsBrokers ?? [], { tls: { ...tls(), ca: null, verify: false } }),
      'SASL PLAIN': () => kafkaConfig(secure?.saslBrokers ?? [], { sasl: login('plain') }),
      'SCRAM-SHA-256': () => kafkaConfig(secure?.saslBrokers ?? [], { sasl: login('scram-sha-256') }),
      'SCRAM-SHA-512': () => kafkaConfig(secure?.saslBrokers ?? [], { sasl: login('scram-sha-512') }),
      'SCRAM-SHA-512 over TLS': () => kafkaConfig(secure?.saslTlsBrokers ?? [], { sasl: login('scram-sha-512'), tls: tls() }),
    };
    for (const [way, config] of Object.entries(ways)) {
      it.skipIf(secure === null && !way.startsWith('plain'))(
        `${way}: connects and publishes${secure === null ? ` (${notOurBroker})` : ''}`,
        async () => {
          const topic = uniqueTopic('way');
          await using sink = await openWith(topic, config());
          expect((await sink.check(never))[0]?.message).toMatch(/^Kafka cluster \S+ with 1 broker$/);
          const records = [record('1', 'one', { headers: { name: 'grün' } }), record('1', null)];
          for (const one of records) await sink.send(topic, batchOf([one]), never);
          expect((await readTopic(brokers, topic)).map(seen)).toEqual([
            { key: '1', value: 'one', timestamp: '1700000000000', headers: { name: 'grün' } },
            { key: '1', value: null, timestamp: '1700000000000', headers: {} },
          ]);
        },
      );
    }
  });

  describe('every codec', () => {
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      it(`${compression}: what is written is read back, and packed on the way`, async () => {
        const topic = uniqueTopic(compression);
        await using sink = await openWith(
          topic,
          kafkaConfig(brokers, {
            compression,
            topicDefaults: { partitions: 1, replication: 1, create: true, config: { 'max.message.bytes': '20000' } },
          }),
        );
        const records = Array.from({ length: 200 }, (_, at) => record(`key ${at}`, `value ${at} ${'abc'.repeat(50)}`));
        // 200 records of 170 bytes are more than the topic takes unpacked.
        if (compression === 'none') expect((await failure(sink.send(topic, batchOf(records), never))).code).toBe('LIB305');
        else await sink.send(topic, batchOf(records), never);
        const expected = compression === 'none' ? [] : records.map((one) => one.value?.toString());
        expect((await readTopic(brokers, topic)).map(({ value }) => value)).toEqual(expected);
      });
    }
  });

  describe('what is refused says why', () => {
    it('a broker that is not there: LIB301 within seconds, with the brokers', async () => {
      const dead = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
      await using sink = openKafka(kafkaConfig(dead));
      const began = Date.now();
      const error = await failure(sink.check(never));
      expect(error.code).toBe('LIB301');
      for (const broker of dead) expect(error.message).toContain(broker);
      expect(error.message).toContain('ECONNREFUSED');
      expect(Date.now() - began).toBeLessThan(8000);
      expect((await failure(sink.send('t', batchOf([record('1', '1')]), never))).code).toBe('LIB301');
    });

    it('a host that does not exist: LIB301', async () => {
      await using sink = openKafka(kafkaConfig(['no-such-host.invalid:9092']));
      const error = await failure(sink.check(never));
      expect(error.code).toBe('LIB301');
      expect(error.message).toContain('no-such-host.invalid');
    });

    it('a broker that takes the connection and says nothing: LIB301 within seconds', async () => {
      await using proxy = await startProxy({ port: Number(brokers[0]?.split(':')[1]) });
      proxy.blackhole(true);
      await using sink = openKafka(kafkaConfig([`127.0.0.1:${proxy.port}`]));
      const error = await failure(sink.check(never));
      expect(error.code).toBe('LIB301');
      expect(error.message).toContain(`127.0.0.1:${proxy.port}`);
    });

    it('a check whose signal aborts: the reason, at once', async () => {
      await using proxy = await startProxy({ port: Number(brokers[0]?.split(':')[1]) });
      proxy.blackhole(true);
      await using sink = openKafka(kafkaConfig([`127.0.0.1:${proxy.port}`]));
      const reason = new Error('stopped by the test');
      const controller = new AbortController();
      const checking = sink.check(controller.signal);
      controller.abort(reason);
      await expect(checking).rejects.toBe(reason);
    });

    describe.skipIf(secure === null)('with a broker of ours', () => {
      const cases: readonly (readonly [string, () => Partial<KafkaSinkConfig> & Pick<KafkaSinkConfig, 'brokers'>, string, RegExp])[] = [
        [
          'a wrong password, PLAIN',
          () => ({ brokers: secure?.saslBrokers ?? [], sasl: { ...login('plain'), password: 'wrong-password' } }),
          'LIB302',
          /sasl\.password/,
        ],
        [
          'a wrong password, SCRAM',
          () => ({ brokers: secure?.saslBrokers ?? [], sasl: { ...login('scram-sha-256'), password: 'wrong-password' } }),
          'LIB302',
          /sasl\.password/,
        ],
        [
          'a user that does not exist',
          () => ({ brokers: secure?.saslBrokers ?? [], sasl: { ...login('scram-sha-512'), username: 'nobody' } }),
          'LIB302',
          /sasl\.username/,
        ],
        ['a login where none is asked for', () => ({ brokers, sasl: login('plain') }), 'LIB302', /remove sasl/],
        ['no login where one is asked for', () => ({ brokers: secure?.saslBrokers ?? [] }), 'LIB301', /asks for tls or sasl/],
        [
          'a certificate signed by a CA that is not known',
          () => ({ brokers: secure?.tlsBrokers ?? [], tls: { ...tls(), ca: null } }),
          'LIB302',
          /tls\.ca/,
        ],
        [
          'a certificate of another host',
          () => ({ brokers: secure?.tlsBrokers ?? [], tls: { ...tls(), servername: 'other.example' } }),
          'LIB302',
          /tls\.servername/,
        ],
        ['TLS where the listener has none', () => ({ brokers, tls: tls() }), 'LIB30[12]', /TLS listener|tls or sasl/],
        ['no TLS where the listener has it', () => ({ brokers: secure?.tlsBrokers ?? [] }), 'LIB301', /tls or sasl/],
      ];
      for (const [name, config, code, cure] of cases) {
        it(`${name}: a code with a cure, and never the password`, async () => {
          const lines: string[] = [];
          await using sink = openKafka(kafkaConfig([], config()), { log: (entry) => lines.push(JSON.stringify(entry)) });
          const error = await failure(sink.check(never));
          expect(error.code).toMatch(new RegExp(`^${code}$`));
          expect(error.cure).toMatch(cure);
          const told = `${error.message} ${error.cure} ${lines.join('\n')}`;
          expect(told).not.toContain('wrong-password');
          expect(told).not.toContain(secure?.password);
        });
      }
    });

    it('an acknowledgement by the leader alone with idempotence: LIB108', () => {
      expect(() => openKafka(kafkaConfig(brokers, { acks: 'leader' }))).toThrow(expect.objectContaining({ code: 'LIB108' }));
    });

    it('a record that the topic cannot take: LIB305 with its key and size, before anything is sent', async () => {
      const topic = uniqueTopic('oversize');
      await using sink = await openWith(
        topic,
        kafkaConfig(brokers, { topicDefaults: { partitions: 1, replication: 1, create: true, config: { 'max.message.bytes': '5000' } } }),
      );
      expect(sink.limits(topic)).toMatchObject({ bytes: 4500 });
      const error = await failure(sink.send(topic, batchOf([record('fits', 'x'), record('{"id":7}', 'y'.repeat(6000))]), never));
      expect(error.code).toBe('LIB305');
      expect(error.message).toContain('{"id":7}');
      expect(error.message).toMatch(/5000 bytes.* about 60\d\d/);
      await sink.send(topic, batchOf([record('fits', 'x')]), never);
      expect((await readTopic(brokers, topic)).map(({ key }) => key)).toEqual(['fits']);
    });

    it('a batch that the broker finds too large: LIB305 with the largest record', async () => {
      const topic = uniqueTopic('oversize');
      await using sink = await openWith(
        topic,
        kafkaConfig(brokers, { topicDefaults: { partitions: 1, replication: 1, create: true, config: { 'max.message.bytes': '5000' } } }),
      );
      const records = [record('a', 'x'.repeat(2000)), record('b', 'x'.repeat(2500)), record('c', 'x'.repeat(1500))];
      const error = await failure(sink.send(topic, batchOf(records), never));
      expect(error.code).toBe('LIB305');
      expect(error.message).toMatch(/the largest is the record with key b with about 25\d\d/);
    });

    it('a time that the topic does not allow: LIB309 with the key', async () => {
      const topic = uniqueTopic('stamps');
      await using sink = await openWith(
        topic,
        kafkaConfig(brokers, {
          topicDefaults: { partitions: 1, replication: 1, create: true, config: { 'message.timestamp.after.max.ms': '3600000' } },
        }),
      );
      const now = Date.now();
      const records = [
        record('now', 'x', { timestamp: String(now) }),
        record('far', 'x', { timestamp: String(now + 9e9) }),
        record('old', 'x', { timestamp: String(now - 1e6) }),
      ];
      const error = await failure(sink.send(topic, batchOf(records), never));
      expect(error.code).toBe('LIB309');
      expect(error.message).toContain('the record with key far');
    });

    it('a topic that is deleted under way: LIB303', async () => {
      const topic = uniqueTopic('gone');
      await using sink = await openWith(topic, kafkaConfig(brokers));
      await sink.send(topic, batchOf([record('1', '1')]), never);
      await deleteTopic(topic);
      await expect
        .poll(async () => (await failure(sink.send(topic, batchOf([record('1', '2')]), never))).code, { timeout: 20_000 })
        .toBe('LIB303');
    });
  });

  describe('records', () => {
    it("may lie far ahead of the broker's clock", async () => {
      const topic = uniqueTopic('future');
      await using sink = await openWith(topic, kafkaConfig(brokers));
      const timestamp = String(Date.now() + 400 * 86_400_000);
      await sink.send(topic, batchOf([record('1', '1', { timestamp })]), never);
      expect((await readTopic(brokers, topic)).map((one) => String(one.timestamp))).toEqual([timestamp]);
    });

    it('go by their key to the partition where the Java client puts them', async () => {
      const topic = uniqueTopic('murmur2');
      await using sink = await openWith(
        topic,
        kafkaConfig(brokers, { topicDefaults: { partitions: 7, replication: 1, config: {}, create: true } }),
      );
      const keys = Array.from({ length: 200 }, (_, at) => `{"id":${at ** 3}}`);
      await sink.send(topic, batchOf(keys.map((key) => record(key, key))), never);
      const found = await readTopic(brokers, topic);
      expect(found).toHaveLength(keys.length);
      for (const { key, partition } of found) expect(partition).toBe((murmur2OfJava(Buffer.from(key as string)) & 0x7fffffff) % 7);
    });

    it('without a key fill one partition a batch and all partitions in turn', async () => {
      const topic = uniqueTopic('keyless');
      await using sink = await openWith(
        topic,
        kafkaConfig(brokers, { topicDefaults: { partitions: 3, replication: 1, config: {}, create: true } }),
        false,
      );
      for (let batch = 0; batch < 6; batch += 1) {
        await sink.send(topic, batchOf(Array.from({ length: 5 }, () => record(null, `batch ${batch}`))), never);
      }
      const found = await readTopic(brokers, topic);
      const partitionsOf = (batch: number) =>
        new Set(found.filter(({ value }) => value === `batch ${batch}`).map(({ partition }) => partition));
      for (let batch = 0; batch < 6; batch += 1) expect(partitionsOf(batch).size).toBe(1);
      for (const partition of [0, 1, 2]) expect(found.filter((one) => one.partition === partition)).toHaveLength(10);
    });
  });
});

/** As in Kafka's own Utils.murmur2, on 64-bit integers cut to 32 bits: no code of ours. */
function murmur2OfJava(data: Buffer): number {
  const int = (n: bigint): bigint => BigInt.asIntN(32, n);
  const shift = (n: bigint, by: bigint): bigint => BigInt.asUintN(32, n) >> by;
  const m = 0x5bd1e995n;
  let h = int(0x9747b28cn ^ BigInt(data.length));
  let at = 0;
  for (; at + 4 <= data.length; at += 4) {
    let k = int(BigInt(data.readInt32LE(at)) * m);
    k = int((k ^ shift(k, 24n)) * m);
    h = int(int(h * m) ^ k);
  }
  const rest = data.subarray(at);
  for (let left = rest.length - 1; left >= 0; left -= 1) h ^= BigInt(rest[left] as number) << BigInt(8 * left);
  if (rest.length > 0) h = int(h * m);
  h = int((h ^ shift(h, 13n)) * m);
  return Number(int(h ^ shift(h, 15n)));
}

beforeAll(() => {
  expect(murmur2OfJava(Buffer.from('foobar'))).toBe(-790332482);
  expect(murmur2OfJava(Buffer.from('a-little-bit-long-string'))).toBe(-985981536);
});

async function deleteTopic(topic: string): Promise<void> {
  const { Kafka } = await import('kafkajs');
  const admin = new Kafka({ brokers: [...brokers] }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
}
