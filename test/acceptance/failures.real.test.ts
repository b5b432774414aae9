import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createPostgres, type TestDatabase } from '../support/databases.ts';
import { freePort } from '../support/free-port.ts';
import { liberate, writeJobs } from '../support/liberate.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { uniqueTopic } from '../support/topics.ts';

describe('a failure ends with its exit code and says job, place, value and cure', () => {
  let db: TestDatabase;
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    db = await createPostgres();
    await db.run(
      'CREATE TABLE orders (id bigint PRIMARY KEY, note text, updated_at timestamptz NOT NULL); CREATE INDEX ON orders (updated_at, id);',
    );
    await db.run("INSERT INTO orders SELECT n, 'x', now() - n * interval '1 hour' FROM generate_series(1, 10) n;");
    directory = await temporaryDirectory();
  });
  afterAll(async () => {
    await db[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  let number = 0;
  const jobsFile = (content: object): string => writeJobs(directory.path, content, `jobs-${(number += 1)}.yaml`);
  const orders = { table: 'orders', cursor: 'updated_at', retries: 0 };
  const out = (): string => `ndjson:${join(directory.path, `out-${number}`)}`;

  it('a wrong file: 2, every mistake with file, line and column', async () => {
    const file = join(directory.path, 'wrong.yaml');
    writeFileSync(
      file,
      'source: sqlite:x.db\nsink: ndjson:out\njobs:\n  a: { tabel: orders, cursor: id, every: 10 }\n  b: { table: b, every: 5s, schedule: "* * * * *" }\n',
    );
    const { code, stderr } = await liberate(['run', file, '--once']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/wrong\.yaml:4:8: LIB104: .*tabel.*table/);
    expect(stderr).toMatch(/wrong\.yaml:4:42: LIB103: .*every is 10/);
    expect(stderr).toMatch(/wrong\.yaml:5:\d+: LIB108: /);
  });

  it('a wrong password: 3, and the password is nowhere in the output', async () => {
    const url = new URL(db.url);
    url.password = 'tops3cret-and-wrong';
    const file = jobsFile({ source: url.href, sink: out(), jobs: { orders } });
    for (const command of [
      ['run', file, '--once'],
      ['validate', file],
      ['preview', file],
    ]) {
      const { code, stdout, stderr } = await liberate(command);
      expect(code).toBe(3);
      expect(stdout + stderr).toContain('LIB202');
      expect(stdout + stderr).not.toContain('tops3cret');
    }
  });

  it('a missing table: 1, naming the job and the table; validate says so with 2', async () => {
    const file = jobsFile({ source: db.url, sink: out(), jobs: { gone: { ...orders, table: 'nowhere' }, orders } });
    const run = await liberate(['run', file, '--once']);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/LIB203 job \\"gone\\": .*nowhere/);
    expect((await liberate(['validate', file])).code).toBe(2);
  });

  it('one job that fails does not stop the others', async () => {
    const file = jobsFile({ source: db.url, sink: out(), jobs: { gone: { ...orders, table: 'nowhere' }, orders } });
    await liberate(['run', file, '--once']);
    const status = await liberate(['status', file, '--json']);
    expect(status.code).toBe(1);
    expect(JSON.parse(status.stdout)).toMatchObject([
      { job: 'gone', health: 'failing' },
      { job: 'orders', health: 'ok', publishedTotal: 10 },
    ]);
  });

  it('a dropped cursor column: 1, naming the column and those there are', async () => {
    await db.run(
      'CREATE TABLE changing (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now()); INSERT INTO changing VALUES (1);',
    );
    const file = jobsFile({ source: db.url, sink: out(), jobs: { changing: { ...orders, table: 'changing' } } });
    expect((await liberate(['run', file, '--once'])).code).toBe(0);
    await db.run('ALTER TABLE changing DROP COLUMN updated_at');
    const { code, stderr } = await liberate(['run', file, '--once']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/LIB204 job \\"changing\\", column \\"updated_at\\".*there are: id/);
  });

  it('a dead broker: 3 within the retries, naming it', async () => {
    const port = await freePort();
    const file = jobsFile({ source: db.url, sink: `kafka://127.0.0.1:${port}`, jobs: { orders } });
    const { code, stderr } = await liberate(['run', file, '--once']);
    expect(code).toBe(3);
    expect(stderr).toMatch(new RegExp(`LIB301 job \\\\"orders\\\\".*127\\.0\\.0\\.1:${port}`));
  });

  it('a full disk: 1, naming the file; nothing is marked as published', async () => {
    const folder = join(directory.path, 'full');
    mkdirSync(folder);
    symlinkSync('/dev/full', join(folder, 'orders.ndjson'));
    const file = jobsFile({ source: db.url, sink: `ndjson:${folder}`, jobs: { orders: { ...orders, topic: 'orders' } } });
    const { code, stderr } = await liberate(['run', file, '--once']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/LIB306 job \\"orders\\".*orders\.ndjson/);
    rmSync(join(folder, 'orders.ndjson'));
    expect((await liberate(['run', file, '--once'])).stderr).toMatch(/10 rows/);
  });

  it('a query whose text changed under its mark: 1, until it is accepted or reset', async () => {
    const job = (query: string): object => ({
      source: db.url,
      sink: 'ndjson:changed',
      jobs: { q: { ...orders, table: undefined, query, key: 'id' } },
    });
    const file = writeJobs(directory.path, job('SELECT id, updated_at FROM orders'), 'query.yaml');
    expect((await liberate(['run', file, '--once'])).code).toBe(0);
    writeJobs(directory.path, job('SELECT id, note, updated_at FROM orders'), 'query.yaml');
    const refused = await liberate(['run', file, '--once']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('LIB501');
    expect((await liberate(['state', 'set', file, '--job', 'q', '--accept'])).code).toBe(0);
    expect((await liberate(['run', file, '--once'])).stderr).not.toMatch(/"published":[1-9]/);
    expect((await liberate(['state', 'reset', file, '--job', 'q'])).code).toBe(0);
    expect((await liberate(['run', file, '--once'])).stderr).toMatch(/"published":10/);
  });

  it('a NULL cursor: 1 by default; included and counted by policy', async () => {
    await db.run('CREATE TABLE holes (id bigint PRIMARY KEY, updated_at timestamptz); INSERT INTO holes VALUES (1, now()), (2, NULL);');
    const strict = jobsFile({ source: db.url, sink: out(), jobs: { holes: { ...orders, table: 'holes' } } });
    const { code, stderr } = await liberate(['run', strict, '--once']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/LIB205 job \\"holes\\", column \\"updated_at\\": 1 row/);
    const including = jobsFile({ source: db.url, sink: out(), jobs: { holes: { ...orders, table: 'holes', nulls: 'include' } } });
    expect((await liberate(['run', including, '--once'])).stderr).toMatch(/"published":2.*"nulls":1/);
    expect((await liberate(['run', including, '--once', '--log-level', 'debug'])).stderr).toMatch(/"published":0/);
    await db.run('UPDATE holes SET id = 3 WHERE id = 2');
    expect((await liberate(['run', including, '--once'])).stderr).toMatch(/"published":1.*"nulls":1/);
  });

  it('an unknown command, option or job: 2, with what there is', async () => {
    const file = jobsFile({ source: db.url, sink: out(), jobs: { orders } });
    expect(await liberate(['rnu', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('run') });
    expect(await liberate(['run', file, '--onec'])).toMatchObject({ code: 2 });
    expect(await liberate(['run', file, '--job', 'order'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/LIB109.*orders/) });
    expect(await liberate(['run', join(directory.path, 'no.yaml')])).toMatchObject({ code: 2, stderr: expect.stringContaining('no.yaml') });
  });

  it('a damaged state: 3, and it is left as it is', async () => {
    const state = join(directory.path, 'damaged.db');
    writeFileSync(state, 'this is no database, but it is long enough to be looked at as one');
    const file = jobsFile({ source: db.url, sink: out(), state: `sqlite:${state}`, jobs: { orders } });
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 3, stderr: expect.stringMatching(/LIB40[23]/) });
  });

  it('an unreachable state: 3', async () => {
    const port = await freePort();
    const file = jobsFile({ source: db.url, sink: out(), state: `postgres://u:p@127.0.0.1:${port}/x`, jobs: { orders } });
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 3, stderr: expect.stringContaining('LIB401') });
  });

  it('an oversize row: 1, naming its key', async () => {
    const { brokers } = inject('servers').kafka;
    await db.run(
      "CREATE TABLE wide (id bigint PRIMARY KEY, body text, updated_at timestamptz NOT NULL DEFAULT now()); INSERT INTO wide VALUES (7, repeat(md5('x'), 60000));",
    );
    const file = jobsFile({
      source: db.url,
      sink: `kafka://${brokers.join(',')}`,
      jobs: { wide: { ...orders, table: 'wide', topic: uniqueTopic('wide') } },
    });
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/LIB305 job \\"wide\\".*7/) });
  });
});
