import { SchemaRegistry as ForeignReader, SchemaType } from '@kafkajs/confluent-schema-registry';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { SchemaDocument } from '../../src/model/schema-document.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { createPostgres, type TestDatabase } from '../support/databases.ts';
import { type Finished, liberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { type FaultyProxy, startProxy, through } from '../support/proxy.ts';
import { registryUrl, tell } from '../support/registry.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopicBytes, uniqueTopic } from '../support/topics.ts';
import { configOf } from './fake.ts';

const { brokers } = inject('servers').kafka;
const never = new AbortController().signal;

let url: string;
beforeAll(async () => {
  url = await registryUrl();
}, 600_000);

const avro = (fields: readonly object[]): SchemaDocument => ({
  type: 'AVRO',
  text: JSON.stringify({ type: 'record', name: 'Value', namespace: 'shop.orders', fields }),
  record: 'shop.orders.Value',
});
const id = { name: 'id', type: 'long' };

describe('a real registry', () => {
  it('gives a schema one number, under which every reader finds it', async () => {
    const registry = openRegistry(configOf(url));
    const schema = { topic: uniqueTopic('registered'), part: 'value' as const, document: avro([id]) };
    expect(await registry.find(schema, never)).toBeNull();
    expect(await registry.check(schema, never)).toEqual({ breaks: [], rule: null });
    const number = await registry.register(schema, never);
    const other = openRegistry(configOf(`${url}/`.replace(/\/$/, '')));
    expect(await other.find(schema, never)).toBe(number);
    expect(await other.register(schema, never)).toBe(number);
    expect(await tell(url, 'GET', `/schemas/ids/${number}`)).toMatchObject({ schema: schema.document.text });
  });

  it.each<[SchemaDocument['type'], string]>([
    ['JSON', '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"integer"}}}'],
    ['PROTOBUF', 'syntax = "proto3";\npackage shop.orders;\nmessage Value {\n  optional int64 id = 1;\n}\n'],
  ])('takes a document of %s', async (type, text) => {
    const registry = openRegistry(configOf(url, { subjects: 'topic-record' }));
    const topic = uniqueTopic('registered');
    const schema = { topic, part: 'value' as const, document: { type, text, record: 'shop.orders.Value' } };
    const number = await registry.register(schema, never);
    expect(await openRegistry(configOf(url, { subjects: 'topic-record' })).find(schema, never)).toBe(number);
    expect(await tell(url, 'GET', `/subjects/${topic}-shop.orders.Value/versions`)).toEqual([1]);
  });

  it('says what it would refuse, and refuses it', async () => {
    const registry = openRegistry(configOf(url));
    const topic = uniqueTopic('registered');
    const [was, is] = [avro([id]), avro([id, { name: 'new', type: 'string' }])].map((document) => ({
      topic,
      part: 'value' as const,
      document,
    }));
    if (was === undefined || is === undefined) throw new Error('two schemas');
    await registry.register(was, never);
    await tell(url, 'PUT', `/config/${topic}-value`, { compatibility: 'BACKWARD' });
    expect(await registry.check(is, never)).toEqual({ breaks: [expect.any(String)], rule: 'BACKWARD' });
    await expect(registry.register(is, never)).rejects.toMatchObject({ code: 'LIB704', message: expect.stringContaining('409') });
    await expect(registry.register({ ...is, document: { ...is.document, text: 'nonsense' } }, never)).rejects.toMatchObject({
      code: 'LIB704',
      message: expect.stringContaining('422'),
    });
  });
});

describe('a job whose schemas a registry has', () => {
  let db: TestDatabase;
  let directory: TemporaryDirectory;
  let proxy: FaultyProxy;
  let files = 0;

  beforeAll(async () => {
    db = await createPostgres();
    directory = await temporaryDirectory();
    proxy = await startProxy({ port: Number(new URL(url).port) });
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await db[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  /** A table with rows of its own, and a job that publishes it. */
  async function stream(job: object = {}, registry: object = {}) {
    const name = uniqueTopic('orders').replaceAll('-', '_');
    await db.run(`CREATE TABLE ${name} (id bigint PRIMARY KEY, note text, updated_at timestamptz(6) NOT NULL DEFAULT clock_timestamp())`);
    const add = (from: number, to: number): Promise<void> =>
      db.run(`INSERT INTO ${name} (id, note) SELECT n, 'größe ' || n FROM generate_series(${from}, ${to}) n`);
    const fileOf = (deadline: string): string =>
      writeJobs(
        directory.path,
        {
          source: db.url,
          sink: {
            brokers,
            topicDefaults: { partitions: 1, replication: 1 },
            registry: { url: through(url, proxy), deadline, ...registry },
          },
          state: `sqlite:${directory.path}/${name}.db`,
          defaults: { format: 'avro', retries: 0 },
          jobs: { [name]: { table: name, topic: name, cursor: 'updated_at', every: '100ms', ...job } },
        },
        `jobs-${(files += 1)}.yaml`,
      );
    const file = fileOf('2m');
    // For a registry that is known not to answer.
    const hasty = fileOf('300ms');
    const once = (own = file): Promise<Finished> => liberate(['run', own, '--once']);
    return { name, file, hasty, steady: fileOf('5s'), add, once, events: () => readTopicBytes(brokers, name) };
  }

  // Its own Ajv, of a version of its own, does not take words that it does not know.
  const ajvInstance = new Ajv({ strict: false, logger: false }) as never;
  const reader = (): ForeignReader => new ForeignReader({ host: url }, { [SchemaType.JSON]: { ajvInstance } });

  it.each(['avro', 'json-schema'])('in %s is read by a foreign reader, key and value', async (format) => {
    const { name, add, once, events } = await stream({ format });
    await add(1, 3);
    const finished = await once();
    expect(finished.code, finished.stderr).toBe(0);
    const foreign = reader();
    const read = await Promise.all(
      (await events()).map(async ({ key, value }) => [await foreign.decode(key as Buffer), await foreign.decode(value as Buffer)]),
    );
    expect(read).toHaveLength(3);
    expect(read[1]).toMatchObject([{ id: 2 }, { id: 2, note: 'größe 2' }]);
    expect(await tell(url, 'GET', '/subjects')).toEqual(expect.arrayContaining([`${name}-key`, `${name}-value`]));
  });

  it('goes on while the registry is down, from run to run; one that it does not know waits, says so, and loses nothing', async () => {
    const { name, file, hasty, steady, add, once, events } = await stream();
    await add(1, 5);
    expect((await once()).code).toBe(0);
    await proxy.refuse(true);
    try {
      await add(6, 10);
      const known = await once(hasty);
      expect(known.code, known.stderr).toBe(0);
      expect(await events()).toHaveLength(10);

      await db.run(`ALTER TABLE ${name} ADD COLUMN price numeric(10,2)`);
      await add(11, 15);
      const unknown = await once(hasty);
      expect(unknown.code).toBe(3);
      expect(unknown.stderr).toContain('LIB702');
      expect(unknown.stderr).toContain('ECONNREFUSED');
      expect(await events()).toHaveLength(10);
      expect(JSON.parse((await liberate(['status', file, '--json'])).stdout)).toMatchObject([{ job: name, health: 'failing' }]);

      await using running = startLiberate(['run', steady]);
      await running.line(({ msg }) => msg.includes('LIB702'));
      await proxy.refuse(false);
      await running.line(({ published }) => (published ?? 0) > 0);
      running.kill('SIGTERM');
      await running.finished;
    } finally {
      await proxy.refuse(false);
    }
    const foreign = reader();
    const read = await Promise.all((await events()).map(({ value }) => foreign.decode(value as Buffer)));
    expect(new Set(read.map(({ id: number }) => Number(number)))).toEqual(new Set(Array.from({ length: 15 }, (_, at) => at + 1)));
  });

  it('waits for a registry that does not answer no longer than its deadline', async () => {
    const { hasty, add, once, events } = await stream();
    await add(1, 2);
    proxy.blackhole(true);
    try {
      const silent = await once(hasty);
      expect([silent.code, silent.stderr]).toEqual([3, expect.stringMatching(/LIB702.*no answer within/)]);
    } finally {
      proxy.blackhole(false);
    }
    expect((await once()).code).toBe(0);
    expect(await events()).toHaveLength(2);
  });

  it('publishes no row of a schema that the registry refuses, and every one when it takes it', async () => {
    const { name, file, add, once, events } = await stream({ compatibility: 'none' });
    await add(1, 2);
    expect((await once()).code).toBe(0);
    await tell(url, 'PUT', `/config/${name}-value`, { compatibility: 'BACKWARD' });
    await db.run(`ALTER TABLE ${name} ADD COLUMN needed int NOT NULL DEFAULT 1; ALTER TABLE ${name} ALTER COLUMN needed DROP DEFAULT`);
    await db.run(`INSERT INTO ${name} (id, needed) VALUES (3, 3)`);
    const refused = await once();
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/LIB701.*says that it would break.*-value, whose rule is BACKWARD,.*needed.* is new: integer NOT NULL/),
    ]);
    expect(await events()).toHaveLength(2);
    const checked = await liberate(['schema', 'check', file]);
    expect([checked.code, checked.stdout]).toEqual([
      1,
      expect.stringMatching(/-value, whose rule is BACKWARD, is refused: [\s\S]*column "needed" is new: integer NOT NULL/),
    ]);
    await tell(url, 'PUT', `/config/${name}-value`, { compatibility: 'NONE' });
    expect((await once()).code).toBe(0);
    expect((await events()).length).toBeGreaterThanOrEqual(3);
  });

  it('is not registered where only look-ups are allowed', async () => {
    const only = await stream({}, { register: false });
    await only.add(1, 2);
    const missing = await only.once();
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(/LIB706.*-key/)]);
    expect(await tell(url, 'GET', '/subjects')).not.toContain(`${only.name}-key`);
  });

  it('and that is verified is found the same, though its numbers are asked for anew', async () => {
    const { name, file, add, once } = await stream();
    await add(1, 20);
    expect((await once()).code).toBe(0);
    await liberate(['state', 'reset', file, '--job', name]);
    const verified = await liberate(['verify', file, '--job', name, '--json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ same: true, rows: 20, missing: 0, stale: 0, extra: 0 });
  });

  it('has a password that nobody sees', async () => {
    const { file, add } = await stream({}, { user: 'me', password: 'tops3cret' });
    await add(1, 1);
    for (const command of [
      ['run', file, '--once'],
      ['plan', file],
      ['schema', 'show', file],
    ]) {
      const { stdout, stderr } = await liberate(command);
      expect(stdout + stderr).not.toContain('tops3cret');
      expect(stdout + stderr).not.toContain(Buffer.from('me:tops3cret').toString('base64'));
    }
  });
});
