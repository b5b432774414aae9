import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { VerifyReport } from '../../src/engine/verify.ts';
import type { DeadLetter } from '../../src/model/dead-letter.ts';
import { createDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { type Finished, liberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { fold, readTopic, uniqueTopic } from '../support/topics.ts';

const { brokers } = inject('servers').kafka;
const rows = 10_000;
const wide = 1_500_000;

let db: TestDatabase;
let directory: TemporaryDirectory;
let topic: string;

beforeEach(async () => {
  directory = await temporaryDirectory('liberate-dead-letters-');
  topic = uniqueTopic('dead-letters');
});
afterEach(async () => {
  await db[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const numbers: Readonly<Record<DatabaseKind, string>> = {
  postgres: `generate_series(1, ${rows}) n`,
  mariadb: `(SELECT seq AS n FROM seq_1_to_${rows}) s`,
  sqlite: `(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${rows}) SELECT n FROM s) s`,
};
const stamp = {
  postgres: "timestamptz '2026-01-01 00:00:00+00' + n * interval '1 ms'",
  mariadb: "TIMESTAMPADD(MICROSECOND, n, '2026-01-01 00:00:00')",
  sqlite: "strftime('%Y-%m-%d %H:%M:%f', '2026-01-01 00:00:00', (n / 1000.0) || ' seconds')",
};
const now: Readonly<Record<DatabaseKind, string>> = {
  postgres: 'clock_timestamp()',
  mariadb: 'NOW(6)',
  sqlite: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
};

/** `owner` is no key of the table's own, and may be NULL. */
async function fill(kind: DatabaseKind): Promise<void> {
  db = await createDatabase[kind]();
  const types = {
    postgres: 'id bigint PRIMARY KEY, owner text, body text, updated_at timestamptz(6) NOT NULL',
    mariadb: 'id bigint PRIMARY KEY, owner varchar(50), body longtext, updated_at datetime(6) NOT NULL',
    sqlite: 'id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT, body TEXT, updated_at TIMESTAMP NOT NULL',
  };
  await db.run(`CREATE TABLE items (${types[kind]})`);
  const owner = kind === 'mariadb' ? "CONCAT('o', n)" : "'o' || n";
  await db.run(`INSERT INTO items (id, owner, body, updated_at) SELECT n, ${owner}, 'body', ${stamp[kind]} FROM ${numbers[kind]}`);
}

const setBody = (id: number, body: string, kind: DatabaseKind): Promise<void> =>
  db.run(`UPDATE items SET body = ${body}, updated_at = ${now[kind]} WHERE id = ${id}`);
const wideBody = { postgres: `repeat('w', ${wide})`, mariadb: `REPEAT('w', ${wide})`, sqlite: `printf('%.*c', ${wide}, 'w')` };

function jobsFile(sink: unknown, job: object, lease = '15s'): string {
  return writeJobs(directory.path, {
    source: db.url,
    sink,
    state: { url: `sqlite:${join(directory.path, 'state.db')}`, lease },
    jobs: { items: { table: 'items', topic, every: '100ms', ...job } },
  });
}
const kafka = { brokers, topicDefaults: { partitions: 2, replication: 1 } };
const byStamp = { cursor: 'updated_at', onBadRow: 'deadletter' };

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

const objects = <T>({ stdout }: Finished): readonly T[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

async function listed(file: string): Promise<readonly DeadLetter[]> {
  const finished = await liberate(['deadletters', 'list', file, '--job', 'items', '--json']);
  const letters = objects<DeadLetter>(finished);
  expect(finished.code, finished.stderr).toBe(letters.length === 0 ? 0 : 1);
  return letters;
}

async function statusOf(file: string): Promise<{ readonly deadLetters: number; readonly mark: readonly string[] | null }> {
  const [found] = JSON.parse((await liberate(['status', file, '--json'])).stdout) as [{ deadLetters: number; mark: string[] | null }];
  return found;
}

async function verify(file: string): Promise<VerifyReport> {
  const [report] = objects<VerifyReport>(await liberate(['verify', file, '--job', 'items', '--json']));
  return report as VerifyReport;
}

// The fault is the sink's: one database of rows as bytes, and one of rows as values.
describe.each(['postgres', 'sqlite'] as const)('a row of %s that is too wide for the topic, among 10,000', (kind) => {
  it('is in the dead letters once, all others are published, and it comes when it was mended and replayed', async () => {
    await fill(kind);
    await db.run(`UPDATE items SET body = ${wideBody[kind]} WHERE id = 5000`);
    const file = jobsFile(kafka, byStamp);
    const first = await done('run', file, '--once');
    expect(first.stderr).toMatch(/1 row to the dead letters/);
    const folded = fold(await readTopic(brokers, topic));
    expect(folded.size).toBe(rows - 1);
    expect(folded.has('{"id":5000}')).toBe(false);
    const [letter, ...others] = await listed(file);
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ job: 'items', topic, key: '{"id":5000}', code: 'LIB305', cut: [], row: { id: '5000', owner: 'o5000' } });
    expect(letter?.row['body']).toBe('w'.repeat(wide));
    expect(letter?.reason).toContain(topic);
    expect((await statusOf(file)).deadLetters).toBe(1);
    expect(await verify(file)).toMatchObject({ same: false, missing: 0, stale: 0, extra: 0, deadLetters: 1 });

    // A look-back that meets it again, and a backfill, tell it no second time.
    await setBody(4999, "'newer'", kind);
    await setBody(5000, wideBody[kind], kind);
    await done('run', file, '--once');
    const told = (await readTopic(brokers, `${topic}.deadletters`)).length;
    await done('run', file, '--once');
    await done('backfill', file, '--job', 'items');
    expect(await readTopic(brokers, `${topic}.deadletters`)).toHaveLength(told);
    expect(told).toBe(2);
    expect(await listed(file)).toHaveLength(1);

    // Refused again, it stays; mended, it is published as it is now, and leaves the list.
    const again = await liberate(['deadletters', 'replay', file, '--job', 'items', '--json']);
    expect(again.code, again.stderr).toBe(1);
    expect(objects(again)).toMatchObject([{ letters: 1, published: 0, gone: 0, left: 1 }]);
    // Behind the poller's back: its stamp stays.
    await db.run("UPDATE items SET body = 'mended' WHERE id = 5000");
    const replayed = await done('deadletters', 'replay', file, '--job', 'items', '--key', '{"id":5000}', '--json');
    expect(objects(replayed)).toMatchObject([{ letters: 1, published: 1, gone: 0, left: 0 }]);
    expect(fold(await readTopic(brokers, topic)).get('{"id":5000}')).toContain('"body":"mended"');
    expect(await listed(file)).toEqual([]);
    expect((await statusOf(file)).deadLetters).toBe(0);
    expect(await verify(file)).toMatchObject({ same: true, missing: 0, stale: 0, extra: 0 });
    // What the replay has published of a row that the look-back still meets comes once more, and no more than that.
    await done('run', file, '--once');
    const quiet = await ended();
    await done('run', file, '--once');
    expect(await ended()).toBe(quiet);
  }, 300_000);
});

it('with onBadRow: fail stops the job before its mark passes the row, and says which it is', async () => {
  await fill('postgres');
  await db.run(`UPDATE items SET body = ${wideBody.postgres} WHERE id = 5000`);
  const file = jobsFile(kafka, { cursor: 'updated_at', retries: 0 });
  const { code, stderr } = await liberate(['run', file, '--once']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/LIB305 job \\?"items\\?": .*\{\\?"id\\?":5000\}/);
  const { mark } = await statusOf(file);
  expect(Number(mark?.[1] ?? 0)).toBeLessThan(5000);
  // The policy changed: it goes on from there.
  const mended = jobsFile(kafka, byStamp);
  await done('run', mended, '--once');
  expect(fold(await readTopic(brokers, topic)).size).toBe(rows - 1);
  expect(await listed(mended)).toHaveLength(1);
}, 240_000);

it('where batches are packed only what does not shrink is too wide: the rest is published', async () => {
  await fill('postgres');
  // Noise does not shrink; the words do, and are published.
  await db.run(`UPDATE items SET body = (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 60000)) WHERE id = 7;
    UPDATE items SET body = repeat('w', ${wide}) WHERE id = 8`);
  const file = jobsFile(
    { ...kafka, compression: 'lz4', topicDefaults: { ...kafka.topicDefaults, 'max.message.bytes': 1_000_000 } },
    byStamp,
  );
  await done('run', file, '--once');
  expect(fold(await readTopic(brokers, topic)).size).toBe(rows - 1);
  expect(await listed(file)).toMatchObject([{ key: '{"id":7}', code: 'LIB305', cut: [] }]);
}, 240_000);

const owned = { cursor: 'id', key: 'owner', onBadRow: 'deadletter' };

describe.each(['kafka', 'ndjson'] as const)('rows without the key that the job names, into %s', (sink) => {
  const sinkOf = (): unknown => (sink === 'kafka' ? kafka : `ndjson:${join(directory.path, 'out')}`);
  const keys = async (): Promise<readonly string[]> => {
    if (sink === 'kafka') return (await readTopic(brokers, topic)).map(({ key }) => key as string);
    const lines = readFileSync(join(directory.path, 'out', `${topic}.ndjson`), 'utf8')
      .trimEnd()
      .split('\n');
    return lines.map((line) => JSON.stringify((JSON.parse(line) as { key: unknown }).key));
  };

  const kinds = sink === 'kafka' ? (['postgres', 'mariadb', 'sqlite'] as const) : (['sqlite'] as const);
  it.each(kinds)(
    'of %s are letters of their own, others go on, and each is found again by its id',
    async (kind) => {
      await fill(kind);
      await db.run('UPDATE items SET owner = NULL WHERE id IN (3, 9999)');
      const file = jobsFile(sinkOf(), owned);
      await done('run', file, '--once');
      expect(new Set(await keys()).size).toBe(rows - 2);
      const letters = await listed(file);
      // Of two partitions: each in its own order.
      expect(letters.map(({ row, key, code }) => [row['id'], row['owner'], key, code]).sort()).toEqual([
        ['3', null, null, 'LIB211'],
        ['9999', null, null, 'LIB211'],
      ]);
      expect((await statusOf(file)).deadLetters).toBe(2);
      await done('run', file, '--once');
      expect(await listed(file)).toHaveLength(2);

      await db.run("UPDATE items SET owner = 'found' WHERE id = 3");
      const first = await liberate(['deadletters', 'replay', file, '--job', 'items', '--json']);
      expect(first.code).toBe(1);
      expect(objects(first)).toMatchObject([{ letters: 2, published: 1, left: 1 }]);
      expect((await keys()).filter((key) => key === '{"owner":"found"}')).toHaveLength(1);
      await db.run('DELETE FROM items WHERE id = 9999');
      expect(objects(await done('deadletters', 'replay', file, '--job', 'items', '--json'))).toMatchObject([
        { letters: 1, published: 0, gone: 1, left: 0 },
      ]);
      expect(await listed(file)).toEqual([]);
      expect(await keys()).toHaveLength(rows - 1);
    },
    240_000,
  );

  it('stop the job with LIB211 where onBadRow says fail', async () => {
    await fill('postgres');
    await db.run('UPDATE items SET owner = NULL WHERE id = 3');
    const { code, stderr } = await liberate(['run', jobsFile(sinkOf(), { ...owned, onBadRow: 'fail' }), '--once']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/LIB211 job \\?"items\\?", column \\?"owner\\?": the key column \\?"owner\\?" holds NULL in the row at 3/);
  }, 120_000);
});

it.each(['kafka', 'ndjson'] as const)(
  'a process that is killed again and again has each bad row in the dead letters of %s exactly once, and loses nothing',
  async (sink) => {
    await fill('postgres');
    const bad = Array.from({ length: 40 }, (_, at) => 100 + at * 240);
    if (sink === 'kafka')
      await db.run(`UPDATE items SET body = ${wideBody.postgres} WHERE id IN (${bad.filter((_, at) => at % 4 === 0).join(', ')})`);
    await db.run(`UPDATE items SET owner = NULL WHERE id IN (${bad.filter((_, at) => at % 4 !== 0).join(', ')})`);
    const file = jobsFile(sink === 'kafka' ? kafka : `ndjson:${join(directory.path, 'out')}`, { ...owned, batch: 50 }, '3s');
    const stand = async (): Promise<number> => {
      const finished = await liberate(['deadletters', 'list', file, '--json', '--limit', '1000']);
      return objects(finished).length;
    };
    for (let life = 0; life < 4; life += 1) {
      await using running = startLiberate(['run', file, '--log-level', 'debug']);
      const before = life;
      await running.line(({ msg }) => msg.includes('dead letters') || msg.includes('rows/s') || msg.includes('0 rows'));
      await new Promise((resolve) => setTimeout(resolve, before * 40));
      running.kill('SIGKILL');
      await running.finished;
    }
    const wanted = sink === 'kafka' ? bad.length : bad.filter((_, at) => at % 4 !== 0).length;
    await using last = startLiberate(['run', file, '--log-level', 'debug']);
    await last.line(({ outcome }) => outcome === 'ok');
    last.kill('SIGTERM');
    expect((await last.finished).code).toBe(0);
    expect(await stand()).toBe(wanted);
    const records =
      sink === 'kafka'
        ? (await readTopic(brokers, `${topic}.deadletters`)).map(({ key }) => key as string)
        : readFileSync(join(directory.path, 'out', `${topic}.deadletters.ndjson`), 'utf8')
            .trimEnd()
            .split('\n');
    expect(new Set(records).size).toBe(wanted);
    expect(records).toHaveLength(wanted);
    expect((await statusOf(file)).deadLetters).toBe(wanted);
    const published =
      sink === 'kafka'
        ? (await readTopic(brokers, topic)).map(({ key }) => key as string)
        : readFileSync(join(directory.path, 'out', `${topic}.ndjson`), 'utf8')
            .trimEnd()
            .split('\n')
            .map((line) => line.slice(0, line.indexOf(',"value"')));
    expect(new Set(published).size).toBe(rows - wanted);
    expect((await statusOf(file)).mark).toEqual([String(rows)]);
  },
  300_000,
);
