import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase, createMariadbUser, createPostgresRole, type TestDatabase } from '../support/databases.ts';
import { waitFor } from '../support/topics.ts';
import { checkStream, type Verdict } from './checker.ts';
import { holdOpen } from './held-open.ts';
import { bodyOf, contentOf, createTables, type Table, versionOf } from './items.ts';
import { type Polling, startPolling } from './polling.ts';
import { seedRows, seedTables } from './writers.ts';

const byStamp = { table: 'items', cursor: 'updated_at', columns: { exclude: ['touched_at'] }, every: '100ms', topic: 'items' };
const byId = { table: 'entries', cursor: 'id', every: '100ms', topic: 'entries' };
const faultless = { missing: [], stale: [], extra: [], reordered: [], repeated: [] };

describe.each(['postgres', 'mariadb'] as const)('a transaction that stays open on %s', (kind) => {
  let db: TestDatabase;
  const stack: AsyncDisposable[] = [];
  const now = kind === 'mariadb' ? 'NOW(6)' : 'now()';

  beforeEach(async () => {
    db = await createDatabase[kind]();
    await createTables(db, kind);
    await seedTables(db);
  });
  afterEach(async () => {
    for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
    await db[Symbol.asyncDispose]();
  });

  const verdict = async (polling: Polling, table: Table): Promise<Verdict> =>
    checkStream(polling.stream(table), await contentOf(db, kind, table), versionOf);
  const has = (polling: Polling, table: Table, body: string): boolean =>
    polling.stream(table).some(({ value }) => value !== null && bodyOf(value) === body);
  const poll = async (content: Parameters<typeof startPolling>[0]): Promise<Polling> => {
    const polling = startPolling(content);
    stack.push(polling);
    await polling.cycles(1);
    return polling;
  };
  /** A login with SELECT alone: it sees nobody's transactions. */
  const blindLogin = async (): Promise<string> => {
    const login =
      kind === 'mariadb'
        ? await createMariadbUser(db, { grants: [`SELECT ON ${db.name}.*`] })
        : await createPostgresRole(db, { grants: ['SELECT ON ALL TABLES IN SCHEMA public'] });
    stack.push(login);
    return login.url;
  };

  it.each(['here', 'in another database'] as const)(
    '%s delays no row of another by more than a poll, and its own rows come when it commits',
    async (where) => {
      await using own = await createDatabase[kind]();
      await using other = await createDatabase[kind]();
      const { late, early, faults, rows, readAgain } = await holdOpen(own, other, { where, holdMs: 4000, everyMs: 100 });
      expect({ late, early, faults }).toEqual({ late: [], early: [], faults: [] });
      // A transaction of another of PostgreSQL's databases cannot write into this one: it is not looked back to. One of another
      // of MariaDB's can.
      if (kind === 'postgres' && where === 'in another database') expect(readAgain).toBeLessThan(rows);
      else expect(readAgain).toBeLessThanOrEqual(rows + seedRows);
    },
  );

  it('loses no row that it stamps late though it had only read when newer rows were published', async () => {
    const polling = await poll({ source: db.url, jobs: { items: byStamp } });
    await using late = await db.connect();
    await late.run('BEGIN');
    await late.rows('SELECT count(*) FROM items');
    await sleep(1500);
    await db.run("INSERT INTO items (version, body) VALUES (1, 'newer')");
    await polling.cycles(2);
    await late.run(`UPDATE items SET version = version + 1, body = 'late', updated_at = ${now} WHERE id = 2; COMMIT`);
    await polling.cycles(2);
    expect(has(polling, 'items', 'late')).toBe(true);
    expect(await verdict(polling, 'items')).toMatchObject(faultless);
  });

  it('loses no row of a statement that had its stamp and then waited for a lock', async () => {
    const polling = await poll({ source: db.url, jobs: { items: byStamp } });
    await using holder = await db.connect();
    await using waiter = await db.connect();
    await holder.run('BEGIN; UPDATE items SET body = body WHERE id = 3');
    const waiting = waiter.run(`UPDATE items SET version = version + 1, body = 'waited', updated_at = ${now} WHERE id = 3`);
    for (let round = 0; round < 5; round += 1) {
      await sleep(300);
      await db.run(`INSERT INTO items (version, body) VALUES (1, 'meanwhile ${round}')`);
      await polling.cycles(1);
    }
    await holder.run('COMMIT');
    await waiting;
    await polling.cycles(2);
    expect(has(polling, 'items', 'waited')).toBe(true);
    expect(await verdict(polling, 'items')).toMatchObject(faultless);
  });

  it('makes no row come twice when it begins, though its beginning is told in whole seconds', async () => {
    const polling = await poll({ source: db.url, jobs: { items: byStamp, entries: byId } });
    await using other = await db.connect();
    for (let round = 0; round < 30; round += 1) {
      await db.run(`INSERT INTO items (version, body) VALUES (1, 'steady ${round}')`);
      // Now and then a transaction is open while the poll looks, otherwise none is.
      if (round % 3 === 0) await other.run("BEGIN; INSERT INTO items (version, body) VALUES (1, 'opened')");
      await sleep(130);
      if (round % 3 === 2) await other.run('COMMIT');
    }
    await other.run('COMMIT');
    await polling.cycles(30);
    expect(await verdict(polling, 'items')).toMatchObject(faultless);
  });

  /** What SELECT alone cannot promise, and says so: the look-back must be longer than any transaction. */
  it('is found by a login that cannot see it only within the look-back, which the first line names', async () => {
    const url = await blindLogin();
    const long = { ...byStamp, lookback: '10s', topic: 'items' };
    const short = { ...byStamp, lookback: '500ms', topic: 'short' };
    const polling = await poll({ source: url, jobs: { items: long, short } });
    const methods = polling.events.flatMap((event) => (event.type === 'job.start' ? [`${event.job}: ${event.method}`] : []));
    const why = kind === 'mariadb' ? 'no PROCESS privilege' : 'other sessions are hidden';
    expect(methods.sort()).toEqual([
      `items: look-back to lookback 10s, ${why}, repeats dropped`,
      // PostgreSQL has a second of its own, below which it does not go.
      expect.stringMatching(kind === 'mariadb' ? /^short: .*no PROCESS privilege/ : /^short: .*seen, 500ms at least/),
    ]);

    await using open = await db.connect();
    await open.run(`BEGIN; UPDATE items SET version = version + 1, body = 'open', updated_at = ${now} WHERE id = 4`);
    await sleep(4000);
    await db.run("INSERT INTO items (version, body) VALUES (1, 'newer')");
    await polling.cycles(2);
    await open.run('COMMIT');
    await polling.cycles(2);
    expect(await verdict(polling, 'items')).toMatchObject(faultless);
    expect(polling.stream('short').some(({ value }) => value !== null && bodyOf(value) === 'open')).toBe(false);
  });

  it('is found however short the look-back is when the login sees it', async () => {
    const polling = await poll({ source: db.url, jobs: { items: { ...byStamp, lookback: '0s' } } });
    await using open = await db.connect();
    await open.run(`BEGIN; UPDATE items SET version = version + 1, body = 'open', updated_at = ${now} WHERE id = 4`);
    await sleep(4000);
    await db.run("INSERT INTO items (version, body) VALUES (1, 'newer')");
    await polling.cycles(2);
    await open.run('COMMIT');
    await waitFor(() => has(polling, 'items', 'open'));
    await polling.cycles(1);
    expect(await verdict(polling, 'items')).toMatchObject(faultless);
  });
});
