import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createMariadb, createMariadbUser, createPostgres, createPostgresRole, type TestDatabase } from '../support/databases.ts';
import { liberate, writeJobs } from '../support/liberate.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopic, uniqueTopic } from '../support/topics.ts';

interface Planned {
  readonly topic: object;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly json: string }[];
  readonly statements: Readonly<Record<'load' | 'poll' | 'lookback', { readonly sql: string; readonly binds: readonly string[] } | null>>;
  readonly explain: { readonly lines: readonly string[]; readonly scans: readonly string[]; readonly verdict: string };
  readonly index: { readonly sql: string } | null;
  readonly guarantee: string;
  readonly privilege: { readonly needed: string; readonly missing: boolean };
  readonly lookback: { readonly ms: number; readonly by: string };
  readonly raise: string | null;
  readonly blind: readonly string[];
  readonly reread: number | null;
  readonly wake: string | null;
}

let directory: TemporaryDirectory;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory[Symbol.asyncDispose]());

let number = 0;
const jobsFile = (content: object): string =>
  writeJobs(directory.path, { sink: `ndjson:${join(directory.path, 'out')}`, ...content }, `jobs-${(number += 1)}.yaml`);

async function planned(content: object): Promise<Planned> {
  const { code, stdout, stderr } = await liberate(['plan', '--json', jobsFile(content)]);
  expect(code, stdout + stderr).toBe(0);
  return (JSON.parse(stdout) as { readonly jobs: readonly [Planned] }).jobs[0];
}

const orders = { table: 'orders', cursor: 'updated_at' };
const payments = { table: 'payments', cursor: 'id' };

describe('plan, on PostgreSQL', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createPostgres();
    await db.run(`CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(12,2), data bytea, updated_at timestamptz NOT NULL);
      INSERT INTO orders SELECT n, n, NULL, now() - n * interval '1 minute' FROM generate_series(1, 20000) n;
      CREATE TABLE payments (id bigint PRIMARY KEY); INSERT INTO payments SELECT generate_series(1, 20000); ANALYZE;`);
  });
  afterAll(() => db[Symbol.asyncDispose]());

  it('says that each poll is a full scan, and with the index that it asks for that none is, nor its look-back', async () => {
    const before = await planned({ source: db.url, jobs: { orders } });
    expect(before.explain.verdict).toMatch(/^full scan of orders and a sort$/);
    expect(before.explain.lines.join('\n')).toContain('Seq Scan on orders q');
    expect(before.statements.poll?.sql).toMatch(/WHERE q\."updated_at" >= LEAST\(\$\d::timestamptz, \$\d::timestamptz\)/);
    await db.run(before.index?.sql ?? '');
    await db.run('ANALYZE orders');
    const after = await planned({ source: db.url, jobs: { orders } });
    expect(after.explain).toMatchObject({ verdict: 'index range', scans: [] });
    expect(after.explain.lines.join('\n')).toMatch(/Index Cond: \(updated_at >= /);
    expect(after.index).toBeNull();
    expect(after.reread).toBeLessThan(100);
    expect((await planned({ source: db.url, jobs: { payments } })).explain.verdict).toMatch(/^index range.*; its look-back too$/);
  });

  it('names the privilege that is missing and what raises the guarantee; once it is granted, nothing', async () => {
    await using reader = await createPostgresRole(db, { grants: ['SELECT ON ALL TABLES IN SCHEMA public'] });
    const without = await planned({ source: reader.url, jobs: { orders } });
    expect(without).toMatchObject({
      privilege: { needed: 'pg_read_all_stats', missing: true },
      raise: `GRANT pg_read_all_stats TO ${reader.user}`,
      guarantee: expect.stringContaining('unless a transaction that cannot be seen lasts longer than 1m'),
    });
    expect(without.blind).toContain('an UPDATE that leaves updated_at alone');
    await db.run(without.raise ?? '');
    const granted = await planned({ source: reader.url, jobs: { orders } });
    expect(granted).toMatchObject({ privilege: { missing: false }, raise: null, lookback: { by: 'oldest open transaction' } });
    expect(granted.guarantee).not.toContain('unless');
  });

  it('prints the trigger of `wake`, as it can be run, and the type of each column and of its JSON', async () => {
    const { wake, columns } = await planned({ source: db.url, jobs: { orders: { ...orders, wake: 'orders_changed' } } });
    await db.run(wake ?? '');
    expect(await db.rows("SELECT count(*) FROM pg_trigger WHERE tgname = 'liberate_wake'")).toEqual([['1']]);
    expect(columns.map(({ name, type, json }) => [name, type, json])).toEqual([
      ['id', 'bigint', 'number, exact'],
      ['total', 'numeric(12,2)', 'number, exact'],
      ['data', 'bytea', 'string, base64'],
      ['updated_at', 'timestamp with time zone', 'string, instant in UTC'],
    ]);
    const { stdout } = await liberate(['validate', jobsFile({ source: db.url, jobs: { orders: { ...orders, wake: 'orders_changed' } } })]);
    expect(stdout).toContain('`liberate plan` prints the SQL');
    expect(stdout).not.toContain('CREATE TRIGGER');
  });

  it('tells the topic as it will be made and does not make it, and as it is once it was', async () => {
    const { brokers } = inject('servers').kafka;
    const topic = uniqueTopic('plan');
    const sink = { brokers: brokers.join(','), topicDefaults: { partitions: 3 } };
    const content = { source: db.url, sink, jobs: { orders: { ...orders, topic, where: 'id <= 10' } } };
    expect((await planned(content)).topic).toMatchObject({ name: topic, exists: false, partitions: 3, policy: 'compact' });
    expect((await planned(content)).topic).toMatchObject({ exists: false });
    expect((await liberate(['run', '--once', jobsFile(content)])).code).toBe(0);
    expect(await readTopic(brokers, topic)).toHaveLength(10);
    expect((await planned(content)).topic).toMatchObject({ exists: true, partitions: 3, policy: 'compact' });
  });
});

describe('plan, on MariaDB', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createMariadb();
    await db.run(`CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(200), updated_at datetime(6) NOT NULL);
      INSERT INTO orders SELECT seq, rpad('', 200, 'x'), now(6) - INTERVAL seq MINUTE FROM seq_1_to_20000;
      CREATE TABLE payments (id bigint PRIMARY KEY); INSERT INTO payments SELECT seq FROM seq_1_to_20000;
      ANALYZE TABLE orders; ANALYZE TABLE payments;`);
  });
  afterAll(() => db[Symbol.asyncDispose]());

  it('says that each poll is a full scan, and with the index that it asks for that none is, nor its look-back', async () => {
    const before = await planned({ source: db.url, jobs: { orders } });
    expect(before.explain.verdict).toBe('full scan of orders and a sort');
    expect(before.explain.lines[0]).toMatch(/^id {2}select_type {2}table {2}type/);
    expect(before.statements.poll?.sql).toContain('SET STATEMENT max_statement_time');
    await db.run(before.index?.sql ?? '');
    const after = await planned({ source: db.url, jobs: { orders } });
    expect(after.explain).toMatchObject({ verdict: 'index range', scans: [] });
    expect(after.index).toBeNull();
    expect(after.reread).toBeLessThan(100);
    expect((await planned({ source: db.url, jobs: { payments } })).explain.verdict).toBe('index range; its look-back too');
  });

  it('names the privilege that is missing and what raises the guarantee; once it is granted, nothing', async () => {
    await using reader = await createMariadbUser(db, { grants: [`SELECT ON ${db.name}.*`] });
    const without = await planned({ source: reader.url, jobs: { orders } });
    expect(without).toMatchObject({
      privilege: { needed: 'PROCESS', missing: true },
      lookback: { by: 'lookback 1m, no PROCESS privilege' },
    });
    expect(without.raise).toContain(`GRANT PROCESS ON *.* TO '${reader.user}'`);
    await db.run(without.raise ?? '');
    expect(await planned({ source: reader.url, jobs: { orders } })).toMatchObject({ privilege: { missing: false }, raise: null });
  });
});
