import { readFileSync } from 'node:fs';
import { describe, expect, inject, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import { openKafka } from '../../src/sink/kafka/sink.ts';
import type { Sink } from '../../src/sink/sink.ts';
import { startProxy } from '../support/proxy.ts';
import { uniqueTopic } from '../support/topics.ts';
import { batchOf } from './batch.ts';
import { type Network, networkTo } from './kafka/network.ts';
import { clients, kafkaConfig, never, openWith, record, values } from './kafka/place.ts';

const { brokers, secure } = inject('servers').kafka;
const deadline = 1500;
const startNetwork = (): Promise<Network> => networkTo(brokers, { deadline });

/** Version `version` of the same few keys: the stream is right when no older version follows a newer one. */
const batch = (version: number) => Array.from({ length: 20 }, (_, key) => record(`key ${key % 5}`, String(version)));

/** As the engine does it: the same batch again as long as the failure passes. Returns the codes met. */
async function sendAgain(sink: Sink, topic: string, version: number): Promise<readonly string[]> {
  const codes: string[] = [];
  for (let tries = 0; tries < 30; tries += 1) {
    try {
      await sink.send(topic, batchOf(batch(version)), never);
      return codes;
    } catch (error) {
      if (!(error instanceof LiberateError) || !error.transient) throw error;
      codes.push(error.code);
    }
  }
  throw new Error(`version ${version} was never acknowledged: ${codes.join(' ')}`);
}

/** Every version is there, whole, and none after a newer one; repetitions are allowed. */
async function expectOrder(topic: string, versions: number): Promise<void> {
  const found = (await values(brokers, topic)).map(Number);
  expect(found).toEqual([...found].sort((a, b) => a - b));
  for (let version = 0; version < versions; version += 1) {
    expect(found.filter((one) => one === version).length % 20).toBe(0);
    expect(found).toContain(version);
  }
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => (error instanceof LiberateError ? error.code : error),
  );

for (const [client, idempotent] of clients.flatMap((one) => [true, false].map((is) => [one, is] as const))) {
  describe(`an outage, ${client}, ${idempotent ? 'idempotent' : 'not idempotent'}`, () => {
    it('a network that swallows everything: LIB308 after the deadline, and the stream goes on when it heals', async () => {
      await using network = await startNetwork();
      const topic = uniqueTopic('blackhole');
      await using sink = await openWith(topic, network.config({ client, idempotent }));
      await sink.send(topic, batchOf(batch(0)), never);

      network.proxy.blackhole(true);
      const began = Date.now();
      expect(await codeOf(sink.send(topic, batchOf(batch(1)), never))).toBe('LIB308');
      expect(Date.now() - began).toBeGreaterThanOrEqual(deadline - 50);
      // The second one cannot even connect.
      expect(await codeOf(sink.send(topic, batchOf(batch(1)), never))).toBe('LIB308');

      network.proxy.blackhole(false);
      for (const version of [1, 2, 3]) expect(await sendAgain(sink, topic, version)).toEqual([]);
      await expectOrder(topic, 4);
    });

    it('an answer that is lost: the batch is repeated and nothing comes out of order', async () => {
      await using network = await startNetwork();
      const topic = uniqueTopic('half');
      await using sink = await openWith(topic, network.config({ client, idempotent }));
      await sink.send(topic, batchOf(batch(0)), never);
      for (let version = 1; version <= 10; version += 1) {
        const sending = sink.send(topic, batchOf(batch(version)), never);
        // Somewhere between the request's first byte and its answer.
        for (let turn = 0; turn < version % 6; turn += 1) await new Promise(setImmediate);
        network.proxy.blackhole(true);
        const outcome = await codeOf(sending);
        network.proxy.blackhole(false);
        if (outcome !== 'no failure') expect(outcome).toBe('LIB308');
        await sendAgain(sink, topic, version);
      }
      await expectOrder(topic, 11);
    });

    it('connections that are reset at any moment: every batch arrives, none after a newer one', async () => {
      await using network = await startNetwork();
      const topic = uniqueTopic('reset');
      await using sink = await openWith(topic, network.config({ client, idempotent }));
      const codes: string[] = [];
      for (let version = 0; version < 30; version += 1) {
        const sending = sendAgain(sink, topic, version);
        if (version % 3 === 1) {
          for (let turn = 0; turn < version; turn += 1) await new Promise(setImmediate);
          network.proxy.cut();
        }
        codes.push(...(await sending));
      }
      expect(new Set([...codes, 'LIB301'])).toEqual(new Set(['LIB301']));
      await expectOrder(topic, 30);
    });

    it('connections that were closed while nothing was sent: the next send works at once', async () => {
      await using network = await startNetwork();
      const topic = uniqueTopic('idle');
      await using sink = await openWith(topic, network.config({ client, idempotent }));
      await sink.send(topic, batchOf(batch(0)), never);
      network.proxy.cut();
      await new Promise(setImmediate);
      expect((await sendAgain(sink, topic, 1)).length).toBeLessThanOrEqual(1);
      await expectOrder(topic, 2);
    });
  });
}

describe.each(clients)('an outage, %s', (client) => {
  it('a broker that is away: LIB301, and the stream goes on when it is back', async () => {
    await using network = await startNetwork();
    const topic = uniqueTopic('away');
    await using sink = await openWith(topic, network.config({ client, deadline: 10_000 }));
    await sink.send(topic, batchOf(batch(0)), never);
    await network.proxy.refuse(true);
    network.proxy.cut();
    expect(await codeOf(sink.send(topic, batchOf(batch(1)), never))).toBe('LIB301');
    expect(await codeOf(sink.check(never))).toBe('LIB301');
    await network.proxy.refuse(false);
    expect(await sendAgain(sink, topic, 1)).toEqual([]);
    await expectOrder(topic, 2);
  });

  it('an abort rejects at once with its reason, and the next send keeps the order', async () => {
    await using network = await startNetwork();
    const topic = uniqueTopic('abort');
    await using sink = await openWith(topic, network.config({ client, deadline: 60_000 }));
    await sink.send(topic, batchOf(batch(0)), never);
    network.proxy.blackhole(true);
    const controller = new AbortController();
    const reason = new Error('stopped by the test');
    const sending = sink.send(topic, batchOf(batch(1)), controller.signal);
    await new Promise(setImmediate);
    controller.abort(reason);
    await expect(sending).rejects.toBe(reason);

    // It waits for the one left behind, and is itself open to an abort.
    const waiting = sink.send(topic, batchOf(batch(9)), AbortSignal.timeout(100));
    expect(await codeOf(waiting)).toMatchObject({ name: 'TimeoutError' });

    network.proxy.blackhole(false);
    expect(await sendAgain(sink, topic, 1)).toEqual([]);
    expect(await sendAgain(sink, topic, 2)).toEqual([]);
    await expectOrder(topic, 3);
    expect(await values(brokers, topic)).not.toContain('9');
  });

  it('a send without an answer gives up those beside it as transient, not as defects', async () => {
    await using network = await startNetwork();
    const [one, two] = [uniqueTopic('one'), uniqueTopic('two')];
    await using sink = await openWith(one, network.config({ client }));
    await sink.prepare({ name: two, keyed: true }, never);
    await Promise.all([sendAgain(sink, one, 0), sendAgain(sink, two, 0)]);
    network.proxy.blackhole(true);
    expect(await Promise.all([codeOf(sink.send(one, batchOf(batch(1)), never)), codeOf(sink.send(two, batchOf(batch(1)), never))])).toEqual(
      ['LIB308', 'LIB308'],
    );
    network.proxy.blackhole(false);
    await Promise.all([sendAgain(sink, one, 1), sendAgain(sink, two, 1)]);
    await expectOrder(one, 2);
    await expectOrder(two, 2);
  });

  it('closing does not wait for a dead broker', async () => {
    await using network = await startNetwork();
    const topic = uniqueTopic('close');
    const sink = await openWith(topic, network.config({ client, deadline: 60_000 }));
    await sink.send(topic, batchOf(batch(0)), never);
    network.proxy.blackhole(true);
    const sending = codeOf(sink.send(topic, batchOf(batch(1)), never));
    const began = Date.now();
    await sink[Symbol.asyncDispose]();
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(await sending).toBe('LIB308');
    await expect(sink.send(topic, batchOf(batch(2)), never)).rejects.toThrow('closed');
  });

  it.skipIf(secure === null)('over TLS, a network that swallows everything is survived too', async () => {
    const port = Number(secure?.tlsBrokers[0]?.split(':')[1]);
    await using proxy = await startProxy({ port });
    // The broker's address in its encrypted answers stays: only the way in can fail here.
    const tls = { ca: readFileSync(secure?.caFile as string, 'utf8'), cert: null, key: null, servername: null, verify: true };
    const topic = uniqueTopic('tls');
    await using sink = openKafka(kafkaConfig([`127.0.0.1:${proxy.port}`], { client, tls, deadline }));
    await sink.prepare({ name: topic, keyed: true }, never);
    proxy.blackhole(true);
    expect(await codeOf(sink.send(topic, batchOf(batch(0)), never))).toBe('LIB308');
    proxy.blackhole(false);
    expect(await sendAgain(sink, topic, 0)).toEqual([]);
    await expectOrder(topic, 1);
  });
});
