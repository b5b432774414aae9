import { afterEach, describe, expect, it } from 'vitest';
import { createDatabase, createPostgresRole, type TestDatabase } from '../support/databases.ts';
import { waitFor } from '../support/topics.ts';
import { checkStream, type Verdict } from './checker.ts';
import { bodyOf, contentOf, createTables, versionOf } from './items.ts';
import { type Polling, startPolling } from './polling.ts';

const byId = { table: 'entries', cursor: 'id', every: '100ms', topic: 'entries' };
const faultless = { missing: [], stale: [], extra: [], reordered: [], repeated: [] };
const insert = (body: string): string => `INSERT INTO entries (version, body) VALUES (1, '${body}')`;
const stack: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function open(kind: 'postgres' | 'mariadb', more = ''): Promise<TestDatabase> {
  const db = await createDatabase[kind]();
  stack.push(db);
  await createTables(db, kind);
  if (more !== '') await db.run(more);
  return db;
}

async function poll(url: string, job: object = byId): Promise<Polling> {
  const polling = startPolling({ source: url, jobs: { entries: job } });
  stack.push(polling);
  await polling.cycles(1);
  return polling;
}

const has = (polling: Polling, body: string): boolean =>
  polling.stream('entries').some(({ value }) => value !== null && bodyOf(value) === body);
const verdict = async (polling: Polling, db: TestDatabase): Promise<Verdict> =>
  checkStream(polling.stream('entries'), await contentOf(db, db.kind, 'entries'), versionOf);
const introduction = (polling: Polling): unknown => polling.events.find((event) => event.type === 'job.start');

describe.each(['owner', 'SELECT alone'])('ids from the cache of a PostgreSQL sequence, polled as %s', (login) => {
  it('come in a new transaction long after higher ones were published, and none is lost', async () => {
    const db = await open('postgres', 'ALTER TABLE entries ALTER COLUMN id SET CACHE 20');
    const role = login === 'owner' ? null : await createPostgresRole(db, { grants: ['SELECT ON ALL TABLES IN SCHEMA public'] });
    if (role !== null) stack.push(role);
    const polling = await poll(role?.url ?? db.url);
    await using sleeper = await db.connect();
    await using busy = await db.connect();
    await sleeper.run(insert('the first of its block'));
    for (let round = 0; round < 5; round += 1) {
      await busy.run(insert(`busy ${round}`));
      await busy.run(`BEGIN; ${insert('nobody')}; ROLLBACK`);
      await polling.cycles(3);
    }
    expect(has(polling, 'busy 4')).toBe(true);
    await sleeper.run(insert('from the cache'));
    const [[highest] = []] = await db.rows("SELECT max(id) FROM entries WHERE body LIKE 'busy %'");
    const [[late] = []] = await db.rows("SELECT id FROM entries WHERE body = 'from the cache'");
    expect(Number(late)).toBeLessThan(Number(highest));
    await polling.cycles(2);
    expect(await verdict(polling, db)).toMatchObject(faultless);
    expect(introduction(polling)).toMatchObject({ method: expect.stringContaining('the sessions of their time have ended') });
  });
});

describe('ids that are kept for later', () => {
  it('by an application on PostgreSQL are found within the look-back that the user gives, and the guarantee says so', async () => {
    const db = await open('postgres');
    const polling = await poll(db.url, { ...byId, lookback: '10m' });
    // A hi/lo pool: the application has taken 100 to 109 and uses them one by one.
    await db.run("INSERT INTO entries (id, version, body) VALUES (100, 1, 'of a pool')");
    await db.run("INSERT INTO entries (id, version, body) VALUES (110, 1, 'of another pool')");
    await polling.cycles(3);
    await db.run("INSERT INTO entries (id, version, body) VALUES (101, 1, 'kept')");
    await polling.cycles(2);
    expect(await verdict(polling, db)).toMatchObject({ ...faultless, rows: 3 });
    expect(introduction(polling)).toMatchObject({ guarantee: expect.stringContaining('ids are used within 10m at the latest') });
  });

  it('by an application on MariaDB are found within the look-back too', async () => {
    const db = await open('mariadb');
    const polling = await poll(db.url, { ...byId, lookback: '10m' });
    await db.run("INSERT INTO entries (id, version, body) VALUES (100, 1, 'of a pool'), (110, 1, 'of another pool')");
    await polling.cycles(3);
    await db.run("INSERT INTO entries (id, version, body) VALUES (101, 1, 'kept')");
    await polling.cycles(2);
    expect(await verdict(polling, db)).toMatchObject({ ...faultless, rows: 3 });
  });

  it('by no session of MariaDB: the cache of its sequences is the server’s own, and is handed out in order', async () => {
    const db = await open(
      'mariadb',
      'CREATE SEQUENCE numbers CACHE 1000; ALTER TABLE entries MODIFY id bigint NOT NULL DEFAULT (NEXT VALUE FOR numbers)',
    );
    const polling = await poll(db.url);
    await using first = await db.connect();
    await using second = await db.connect();
    for (let round = 0; round < 3; round += 1) {
      await first.run(insert(`first ${round}`));
      await second.run(insert(`second ${round}`));
      await polling.cycles(2);
    }
    const ids = (await db.rows('SELECT id FROM entries ORDER BY updated_at, id')).map(([id]) => Number(id));
    expect(ids).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await verdict(polling, db)).toMatchObject(faultless);
  });

  it('by nobody, but interleaved by the offsets of several MariaDB writers, are waited for while a transaction is open', async () => {
    const db = await open('mariadb');
    await using first = await db.connect();
    await using second = await db.connect();
    await first.run('SET auto_increment_increment = 3, auto_increment_offset = 1');
    await second.run('SET auto_increment_increment = 3, auto_increment_offset = 2');
    const polling = await poll(db.url);
    for (let round = 0; round < 4; round += 1) {
      await first.run(`BEGIN; ${insert(`open ${round}`)}`);
      await second.run(insert(`quick ${round}`));
      await waitFor(() => has(polling, `quick ${round}`), { timeout: 20_000, what: 'a row of the second writer' });
      await first.run('COMMIT');
      await polling.cycles(2);
    }
    expect(await verdict(polling, db)).toMatchObject({ ...faultless, rows: 8 });
  });
});
