import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { batchOf } from '../sink/batch.ts';
import { kafkaConfig, never, openWith, record } from '../sink/kafka/place.ts';
import { createDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { type Finished, liberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopic, type TopicRecord, uniqueTopic } from '../support/topics.ts';
import { checkStream, counts } from './checker.ts';
import { columns, createTables, eventOf, versionOf } from './items.ts';
import { seededRandom } from './random.ts';
import { seedRows, seedTables, writeConcurrently } from './writers.ts';

const seed = Number(process.env.LIBERATE_TEST_SEED ?? 1);
const { brokers } = inject('servers').kafka;
const clean = { missing: 0, stale: 0, extra: 0 };
const now: Readonly<Record<DatabaseKind, string>> = {
  postgres: 'clock_timestamp()',
  mariadb: 'NOW(6)',
  sqlite: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
};
const stampType: Readonly<Record<DatabaseKind, string>> = { postgres: 'timestamptz', mariadb: 'datetime(6)', sqlite: 'TIMESTAMP' };

let db: TestDatabase;
let directory: TemporaryDirectory;
let topic: string;

beforeEach(async () => {
  directory = await temporaryDirectory('liberate-soft-deletes-');
  topic = uniqueTopic('soft-deletes');
});
afterEach(async () => {
  await db[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** What marks a row is a column that is not published. */
async function openItems(kind: DatabaseKind): Promise<void> {
  db = await createDatabase[kind]();
  await createTables(db, kind);
  await db.run(`ALTER TABLE items ADD gone_at ${stampType[kind]}`);
}

function jobsFile(deleted: string, more: object = {}): string {
  return writeJobs(directory.path, {
    source: db.url,
    sink: { brokers, topicDefaults: { partitions: 2, replication: 1 } },
    defaults: { every: '100ms', columns: columns.split(', '), deleted },
    jobs: { items: { table: 'items', cursor: 'updated_at', topic, ...more }, whole: { table: 'items', topic: `${topic}-whole` } },
  });
}

const set = (what: string, ids: string): Promise<void> =>
  db.run(`UPDATE items SET version = version + 1, updated_at = ${now[db.kind]}, gone_at = ${what} WHERE id IN (${ids})`);

/** Of the rows that are not marked, against the folded topic. */
async function verdict(of = topic): Promise<Readonly<Record<string, number>>> {
  const rows = await db.rows(`SELECT ${columns} FROM items WHERE gone_at IS NULL`);
  const table = new Map(rows.map((row) => eventOf(db.kind, row)).map(({ key, value }) => [key, value]));
  const events = (await readTopic(brokers, of)).map(({ key, value }) => ({ key: key as string, value }));
  return counts(checkStream(events, table, versionOf));
}

/** By offset: the broker may have compacted the topic already. */
async function ended(): Promise<number> {
  const ends = new Map((await readTopic(brokers, topic)).map(({ partition, offset }) => [partition, offset + 1]));
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

async function done(...args: readonly string[]): Promise<Finished> {
  const finished = await liberate(args);
  expect(finished.code, finished.stderr).toBe(0);
  return finished;
}

async function verify(file: string, ...more: readonly string[]): Promise<{ readonly code: number | null; readonly report: VerifyReport }> {
  const { code, stdout, stderr } = await liberate(['verify', file, '--job', 'items', '--json', ...more]);
  if (stdout === '') throw new Error(stderr);
  return { code, report: JSON.parse(stdout) as VerifyReport };
}

const newest = (records: readonly TopicRecord[], id: number): TopicRecord | undefined =>
  records.filter(({ key }) => key === `{"id":${id}}`).at(-1);

describe.each(['postgres', 'mariadb', 'sqlite'] as const)('rows of %s that are marked as deleted', (kind) => {
  it('leave as tombstones by load, poll, reload and backfill, come back as upserts, and verify and preview know it', async () => {
    await openItems(kind);
    const value = `1, 'body', ${now[kind]}`;
    const ids = Array.from({ length: 300 }, (_, at) => `(${at + 1}, ${value}, ${at % 10 === 0 ? now[kind] : 'NULL'})`);
    await db.run(`INSERT INTO items (id, version, body, updated_at, gone_at) VALUES ${ids.join(', ')}`);
    const file = jobsFile('gone_at');
    await done('run', file, '--once');
    expect(await verdict()).toMatchObject({ ...clean, rows: 270 });
    expect(await verdict(`${topic}-whole`)).toMatchObject({ ...clean, rows: 270 });
    const loaded = await readTopic(brokers, topic);
    expect(newest(loaded, 11)).toMatchObject({ value: null, headers: { 'liberate.op': 'delete', 'liberate.job': 'items' } });
    expect(newest(loaded, 12)).toMatchObject({ headers: { 'liberate.op': 'upsert' } });
    expect(newest(loaded, 12)?.value).not.toContain('gone_at');
    const [[stamp]] = (await db.rows('SELECT updated_at FROM items WHERE id = 11')) as [[string]];
    expect(new Date(newest(loaded, 11)?.timestamp ?? 0).toISOString().slice(0, 19)).toBe(stamp.slice(0, 19).replace(' ', 'T'));

    // Marked, and unmarked again, and marked between two polls that both see it.
    await set(now[kind], '2, 3');
    await done('run', file, '--once');
    expect(newest(await readTopic(brokers, topic), 2)?.value).toBeNull();
    await set('NULL', '2, 11');
    await done('run', file, '--once');
    expect(newest(await readTopic(brokers, topic), 11)?.value).toContain('"version":2');
    expect(await verdict()).toMatchObject({ ...clean, rows: 270 });
    expect(await verdict(`${topic}-whole`)).toMatchObject({ ...clean, rows: 270 });
    const before = await ended();
    await done('run', file, '--once', '--job', 'items');
    expect(await ended()).toBe(before);
    expect(await verify(file)).toMatchObject({ code: 0, report: { ...clean, same: true, deletesTold: true, rows: 270, inFlight: 0 } });

    // What the next poll tells is no fault; an upsert that stands for a marked row is one, and is mended.
    await set(now[kind], '4');
    expect(await verify(file)).toMatchObject({ code: 0, report: { ...clean, inFlight: 1 } });
    await done('run', file, '--once');
    await using sink = await openWith(topic, kafkaConfig(brokers));
    const old = newest(loaded, 4)?.value as string;
    await sink.send(topic, batchOf([record('{"id":4}', old)]), never);
    expect(await verify(file)).toMatchObject({ code: 1, report: { extra: 1, same: false, samples: { extra: ['{"id":4}'] } } });
    expect(await verify(file, '--repair')).toMatchObject({ code: 0, report: { repaired: { published: 0, tombstones: 1 } } });
    expect(newest(await readTopic(brokers, topic), 4)).toMatchObject({ value: null, headers: { 'liberate.op': 'delete' } });

    await done('backfill', file, '--job', 'items');
    expect(await ended()).toBe(before + 3 + 300);
    expect(await verdict()).toMatchObject({ ...clean, rows: 269 });
    const previewed = (await done('preview', file, '--job', 'whole', '--rows', '4')).stdout.trimEnd().split('\n');
    expect(previewed.map((line) => (JSON.parse(line) as { value: unknown }).value === null)).toEqual([true, false, true, true]);
    expect(previewed[0]).toContain('"liberate.op":"delete"');
  }, 180_000);
});

it('a condition that the server refuses, or a column that there is not, is found by validate', async () => {
  await openItems('postgres');
  const found = async (deleted: string): Promise<Finished> => liberate(['validate', jobsFile(deleted)]);
  expect(await found('gone_at')).toMatchObject({ code: 0, stdout: expect.stringContaining('rows marked by gone_at') });
  const missing = await found('gone');
  expect(missing.code).not.toBe(0);
  expect(`${missing.stdout}${missing.stderr}`).toMatch(/LIB204.*"gone" does not exist; there are: .*gone_at/);
  const refused = await found('gone_at = = 1');
  expect(refused.code).not.toBe(0);
  expect(`${refused.stdout}${refused.stderr}`).toMatch(/LIB207.*condition of deleted/s);
}, 60_000);

it.each(['postgres', 'mariadb'] as const)(
  'of %s fold to the rows that are left, while sessions mark and unmark, polls are killed and a backfill goes over them',
  async (kind) => {
    await openItems(kind);
    await seedTables(db);
    const file = jobsFile('gone_at IS NOT NULL AND version > 0', { batch: 20 });
    const stop = new AbortController();
    const writing = writeConcurrently(db, { sessions: 3, seed, holdMs: 200, signal: stop.signal });
    const marking = markRandomly(stop.signal);
    try {
      for (let life = 0; life < 3; life += 1) {
        await using running = startLiberate(['run', file, '--job', 'items', '--log-level', 'debug']);
        const polls = (): number => running.lines().filter(({ outcome, published }) => outcome === 'ok' && (published ?? 0) > 0).length;
        await running.line(() => polls() >= 4);
        running.kill('SIGKILL');
        await running.finished;
      }
      const { code, stderr } = await liberate(['backfill', file, '--job', 'items', '--wait', '--parallel', '2']);
      expect(code, stderr).toBe(0);
      await using running = startLiberate(['run', file, '--job', 'items', '--log-level', 'debug']);
      await running.line(({ outcome, published }) => outcome === 'ok' && (published ?? 0) > 0);
      expect(await verify(file)).toMatchObject({ code: 0, report: clean });
      running.kill('SIGTERM');
      await running.finished;
    } finally {
      stop.abort();
    }
    expect((await writing).committed).toBeGreaterThan(20);
    expect(await marking).toBeGreaterThan(20);
    await done('run', file, '--once', '--job', 'items');
    const found = await verdict();
    console.log(`${kind}, seed ${seed}: ${JSON.stringify(found)}`);
    expect(found).toMatchObject({ ...clean, reordered: 0 });
    const [[marked]] = (await db.rows('SELECT count(*) FROM items WHERE gone_at IS NOT NULL')) as [[string]];
    expect(Number(marked)).toBeGreaterThan(0);
    expect(await verify(file)).toMatchObject({ code: 0, report: { ...clean, inFlight: 0 } });
  },
  180_000,
);

/** A session that marks and unmarks rows, in transactions that stay open for a while. How many. */
async function markRandomly(signal: AbortSignal): Promise<number> {
  const random = seededRandom(seed + 100);
  await using session = await db.connect();
  const stamp = db.kind === 'mariadb' ? 'NOW(6)' : 'now()';
  let committed = 0;
  while (!signal.aborted) {
    const id = 1 + random.below(seedRows);
    const mark = random.chance(0.5) ? stamp : 'NULL';
    try {
      await session.run('BEGIN');
      await session.run(`UPDATE items SET version = version + 1, gone_at = ${mark}, updated_at = ${stamp} WHERE id = ${id}`);
      await sleep(random.below(60));
      await session.run('COMMIT');
      committed += 1;
    } catch (error) {
      if (!['40P01', '55P03', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT'].includes(String((error as { code?: unknown }).code))) throw error;
      await session.run('ROLLBACK');
    }
  }
  return committed;
}
