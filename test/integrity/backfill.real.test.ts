import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openState } from '../../src/state/registry.ts';
import { createDatabase, createPostgres, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { liberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopic, uniqueTopic } from '../support/topics.ts';
import { checkStream, counts, type KeyedEvent } from './checker.ts';
import { contentOf, createTables, versionOf } from './items.ts';
import { seedRows, seedTables, writeConcurrently } from './writers.ts';

const clean = { missing: 0, stale: 0, extra: 0 };
const rows = 50_000;

const digits =
  'SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9';
const numbers = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n FROM (${digits}) a, (${digits}) b, (${digits}) c, (${digits}) e, (${digits}) f) numbers`;
/** Ten rows a stamp, over two days from noon on. */
const stamp: Readonly<Record<DatabaseKind, string>> = {
  postgres: "timestamptz '2026-03-28 12:00:00+00' + (n / 10) * interval '35 seconds'",
  mariadb: "TIMESTAMPADD(SECOND, 35 * (n DIV 10), '2026-03-28 12:00:00')",
  sqlite: "datetime('2026-03-28 12:00:00', '+' || (35 * (n / 10)) || ' seconds')",
};

let directory: TemporaryDirectory;
let db: TestDatabase;
beforeEach(async () => {
  directory = await temporaryDirectory('liberate-backfill-');
});
afterEach(async () => {
  await db[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** Half of the ids lie close together, the other half far apart: equal widths would make one chunk of nearly everything. */
async function fill(): Promise<void> {
  await createTables(db, db.kind);
  const id = 'CASE WHEN n < 25000 THEN n + 1 ELSE n * 40000 END';
  await db.run(
    `INSERT INTO items (id, version, body, updated_at) SELECT ${id}, 1, 'body', ${stamp[db.kind]} FROM ${numbers} WHERE n < ${rows}`,
  );
  if (db.kind !== 'mariadb') await db.run('ANALYZE');
}

const job = { table: 'items', cursor: 'updated_at', columns: { exclude: ['touched_at'] }, topic: 'items', every: '1h' };

function jobsFile(more: object = {}, sink: unknown = `ndjson:${join(directory.path, 'out')}`): string {
  return writeJobs(directory.path, {
    source: db.url,
    sink,
    state: { url: `sqlite:${join(directory.path, 'state.db')}`, lease: '1s' },
    jobs: { items: { ...job, ...more } },
  });
}

function published(): readonly KeyedEvent[] {
  const lines = readFileSync(join(directory.path, 'out/items.ndjson'), 'utf8').split('\n');
  // The last one may have been cut off by a kill.
  return lines.slice(0, -1).map((line) => {
    const value = line.indexOf(',"value":');
    return { key: line.slice('{"key":'.length, value), value: line.slice(value + ',"value":'.length, line.lastIndexOf(',"timestamp":')) };
  });
}

const verdict = async (events: readonly KeyedEvent[]): Promise<Readonly<Record<string, number>>> =>
  counts(checkStream(events, await contentOf(db, db.kind, 'items'), versionOf));

interface Report {
  readonly published: number;
  readonly chunks: readonly { readonly chunk: number; readonly range: string; readonly published: number }[];
}

describe.each(['postgres', 'mariadb', 'sqlite'] as const)('a backfill of 50,000 rows from %s, three chunks at a time', (kind) => {
  beforeEach(async () => {
    db = await createDatabase[kind]();
    await fill();
  });

  it('folds to exactly the table, each row once, in chunks of like size though the keys are skewed', async () => {
    const { code, stdout, stderr } = await liberate(['backfill', jobsFile(), '--job', 'items', '--parallel', '3', '--json']);
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as Report;
    expect(await verdict(published())).toMatchObject({ ...clean, rows, events: rows, reordered: 0, repeated: 0 });
    expect(report.published).toBe(rows);
    expect(report.chunks.length).toBeGreaterThan(5);
    expect(Math.max(...report.chunks.map((chunk) => chunk.published))).toBeLessThanOrEqual(rows / 5);
  });

  it('of a range by days: each day is a chunk, and every row of the range comes once', async () => {
    const file = jobsFile();
    const range = ['--job', 'items', '--from', '2026-03-28 18:00:00', '--window', '1d', '--parallel', '3'];
    const plan = await liberate(['backfill', file, ...range, '--dry-run', '--json']);
    const planned = (JSON.parse(plan.stdout) as Report).chunks.map(({ range: text }) => text);
    expect(planned).toHaveLength(3);
    expect(planned[1]).toMatch(/2026-03-29 00:00:00.* … before '?2026-03-30 00:00:00/);
    const { code, stderr } = await liberate(['backfill', file, ...range]);
    expect(code, stderr).toBe(0);
    const [[first]] = (await db.rows(`SELECT count(*) FROM items WHERE updated_at < '2026-03-28 18:00:00'`)) as [[string]];
    expect(await verdict(published())).toMatchObject({
      missing: Number(first),
      stale: 0,
      extra: 0,
      events: rows - Number(first),
      repeated: 0,
    });
  });

  it('killed in the middle and resumed gives exactly the table, and repeats only chunks that were not done', async () => {
    const file = jobsFile({ batch: 100 });
    const command = ['backfill', file, '--job', 'items', '--parallel', '3'];
    await using running = startLiberate(command);
    await running.line(({ chunk }) => chunk !== undefined);
    running.kill('SIGKILL');
    await running.finished;
    const before = published().length;
    expect(before).toBeLessThan(rows);

    await using store = await openState({ kind: 'sqlite', url: join(directory.path, 'state.db'), user: null, password: null, tls: null });
    await store.open(new AbortController().signal);
    const chunks = (await store.loadBackfill('items'))?.chunks ?? [];
    const done = chunks.flatMap((chunk, at) => (chunk.done ? [at + 1] : []));
    expect(done.length).toBeGreaterThan(0);
    expect(done.length).toBeLessThan(chunks.length);

    expect(await liberate([...command, '--wait'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/LIB503 job "items": .*--resume/),
    });
    const changed = await liberate([...command, '--resume', '--to', '2027-01-01']);
    expect(changed).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/LIB504 job "items": --to was none when it was begun, and is 2027-01-01/),
    });

    const { code, stdout, stderr } = await liberate([...command, '--resume', '--wait', '--json']);
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as Report;
    const again = report.chunks.map(({ chunk }) => chunk);
    expect([...again, ...done].sort((a, b) => a - b)).toEqual(chunks.map((_, at) => at + 1));
    expect(await verdict(published())).toMatchObject({ ...clean, rows, events: before + report.published, reordered: 0 });
    expect(report.published).toBeLessThan(rows);
  });
});

describe('a backfill of a table that others write to', () => {
  const { brokers } = inject('servers').kafka;
  const small = 4 * seedRows;

  it.each([
    ['whole', []],
    ['by its cursor', ['--from', '2000-01-01']],
    ['by months of its cursor', ['--from', '2000-01-01', '--window', '30d']],
  ] as const)(
    '%s: no event goes back in its row’s history, and with the poll after it the topic folds to the table',
    async (_what, range) => {
      db = await createPostgres();
      await createTables(db, 'postgres');
      await seedTables(db);
      await db.run(`INSERT INTO items (version, body, updated_at)
      SELECT 1, md5(n::text), now() - interval '400 days' + n * interval '10 minutes' FROM generate_series(1, 40000) n;
      UPDATE items SET updated_at = '2026-01-01' WHERE id <= ${small}; ANALYZE items`);
      const topic = uniqueTopic('backfilled');
      const file = jobsFile({ topic, batch: 200 }, { brokers, topicDefaults: { partitions: 3, replication: 1 } });
      expect((await liberate(['run', file, '--once'])).code).toBe(0);

      const stop = new AbortController();
      const writing = writeConcurrently(db, { sessions: 4, seed: 7, holdMs: 50, signal: stop.signal });
      try {
        const { code, stderr } = await liberate(['backfill', file, '--job', 'items', '--parallel', '4', ...range]);
        expect(code, stderr).toBe(0);
      } finally {
        stop.abort();
      }
      const { committed } = await writing;
      expect(committed).toBeGreaterThan(0);
      expect((await liberate(['run', file, '--once'])).code).toBe(0);
      const records = await readTopic(brokers, topic);
      // By offset: the broker may have compacted the topic already.
      const ends = new Map(records.map(({ partition, offset }) => [partition, offset + 1]));
      expect([...ends.values()].reduce((sum, end) => sum + end, 0)).toBeGreaterThan(80_000 - 2 * small);
      const events = records.map(({ key, value }) => ({ key: key as string, value }));
      expect(await verdict(events)).toMatchObject({ ...clean, reordered: 0 });
    },
  );
});
