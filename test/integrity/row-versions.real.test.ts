import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase, createPostgresRole, type TestDatabase } from '../support/databases.ts';
import { waitFor } from '../support/topics.ts';
import { checkStream, type Verdict } from './checker.ts';
import { bodyOf, contentOf, createTables, versionOf } from './items.ts';
import { type Polling, startPolling } from './polling.ts';

const job = { table: 'items', cursor: 'updated_at', columns: { exclude: ['touched_at'] }, every: '100ms', topic: 'items' };
const drafts = { table: 'drafts', cursor: 'changed', nulls: 'include', columns: {}, topic: 'drafts' };
const faultless = { missing: [], stale: [], extra: [], reordered: [], repeated: [] };
const rows = 300;

describe('a PostgreSQL table whose rows tell who wrote them, polled by a login with SELECT alone', () => {
  let db: TestDatabase;
  let url: string;
  const stack: AsyncDisposable[] = [];

  beforeEach(async () => {
    db = await createDatabase.postgres();
    stack.push(db);
    await createTables(db, 'postgres');
    await db.run(`INSERT INTO items (version, body) SELECT 1, 'row ' || n FROM generate_series(1, ${rows}) n`);
    const role = await createPostgresRole(db, { grants: ['SELECT ON ALL TABLES IN SCHEMA public'] });
    stack.push(role);
    url = role.url;
  });
  afterEach(async () => {
    for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });

  const poll = async (): Promise<Polling> => {
    const polling = startPolling({ source: url, jobs: { items: job } });
    stack.push(polling);
    // One more row, so that the many do not share the stamp of the mark, and two polls that can tell who wrote them.
    await polling.cycles(1);
    await db.run("INSERT INTO items (version, body) VALUES (1, 'last')");
    await waitFor(() => has(polling, 'last'), { timeout: 20_000, what: 'the last row' });
    await polling.cycles(2);
    return polling;
  };
  const has = (polling: Polling, body: string): boolean =>
    polling.stream('items').some(({ value }) => value !== null && bodyOf(value) === body);
  const verdict = async (polling: Polling): Promise<Verdict> =>
    checkStream(polling.stream('items'), await contentOf(db, 'postgres', 'items'), versionOf);

  it('meets the rows of its look-back of a minute once, and not with each poll', async () => {
    const polling = await poll();
    // Other databases of the server may hold its horizon back for a while.
    const quiet = (): number | undefined => polling.reports('items').at(-1)?.repeated;
    await waitFor(() => (quiet() ?? rows) < 10, { timeout: 30_000, what: 'a poll that meets few rows again' });
    expect(polling.events.find((event) => event.type === 'job.start')).toMatchObject({ method: expect.stringContaining('lookback 1m') });
    expect(await verdict(polling)).toMatchObject({ ...faultless, rows: rows + 1 });
  });

  it('remembers them all the same: a new process, which looks back at all of them, publishes none twice', async () => {
    const before = await poll();
    await db.run("UPDATE items SET version = version + 1, body = 'changed', updated_at = now() WHERE id = 7");
    await waitFor(() => has(before, 'changed'), { timeout: 20_000, what: 'the changed row' });
    await before.cycles(2);
    const after = await before.restart({ source: url, jobs: { items: job } });
    stack.push(after);
    await after.cycles(3);
    expect(after.reports('items')[0]?.repeated).toBeGreaterThanOrEqual(rows);
    expect(await verdict(after)).toMatchObject(faultless);
  });

  it('loses no row of a savepoint, whose number is not that of its transaction', async () => {
    const polling = await poll();
    await using late = await db.connect();
    await late.run("BEGIN; SAVEPOINT a; INSERT INTO items (version, body) VALUES (1, 'in a savepoint'); RELEASE a");
    await late.run("SAVEPOINT b; UPDATE items SET version = version + 1, body = 'in another', updated_at = now() WHERE id = 3");
    await db.run("INSERT INTO items (version, body) VALUES (1, 'meanwhile')");
    await polling.cycles(3);
    expect([has(polling, 'meanwhile'), has(polling, 'in a savepoint')]).toEqual([true, false]);
    await late.run('COMMIT');
    await polling.cycles(2);
    expect([has(polling, 'in a savepoint'), has(polling, 'in another')]).toEqual([true, true]);
    expect(await verdict(polling)).toMatchObject(faultless);
  });

  it('loses no row of a prepared transaction', async () => {
    const polling = await poll();
    await using writer = await db.connect();
    const gid = `versions ${db.name}`;
    await writer.run(`BEGIN; INSERT INTO items (version, body) VALUES (1, 'prepared'); PREPARE TRANSACTION '${gid}'`);
    await db.run("INSERT INTO items (version, body) VALUES (1, 'meanwhile')");
    await polling.cycles(3);
    await writer.run(`COMMIT PREPARED '${gid}'`);
    await polling.cycles(2);
    expect([has(polling, 'meanwhile'), has(polling, 'prepared')]).toEqual([true, true]);
    expect(await verdict(polling)).toMatchObject(faultless);
  });

  it('loses no row that was stamped by the beginning of a transaction which had no number yet when others were published', async () => {
    const polling = await poll();
    await using late = await db.connect();
    await late.run('BEGIN');
    await late.rows('SELECT count(*) FROM items');
    await db.run("INSERT INTO items (version, body) VALUES (1, 'newer')");
    await polling.cycles(3);
    await late.run("UPDATE items SET version = version + 1, body = 'late', updated_at = now() WHERE id = 2; COMMIT");
    await polling.cycles(2);
    expect([has(polling, 'newer'), has(polling, 'late')]).toEqual([true, true]);
    expect(await verdict(polling)).toMatchObject(faultless);
  });

  it('meets all rows of a table that takes the place of another, though they were written long before', async () => {
    await db.run(`CREATE TABLE next (LIKE items INCLUDING ALL); INSERT INTO next SELECT * FROM items;
      INSERT INTO next (id, version, body) VALUES (1000, 1, 'written before the swap'); GRANT SELECT ON next TO PUBLIC`);
    const polling = await poll();
    await polling.cycles(3);
    await db.run("INSERT INTO next SELECT * FROM items WHERE body = 'last'");
    await polling.cycles(2);
    await db.run('BEGIN; ALTER TABLE items RENAME TO gone; ALTER TABLE next RENAME TO items; COMMIT');
    await waitFor(() => has(polling, 'written before the swap'), { timeout: 20_000, what: 'the row of the other table' });
    expect(await verdict(polling)).toMatchObject(faultless);
  });

  it('publishes a row without a stamp each time that it changes, also back to what it was, and once', async () => {
    await db.run('CREATE TABLE drafts (id int PRIMARY KEY, body text, changed timestamptz)');
    await db.run('CREATE INDEX ON drafts (changed)');
    await db.run(`GRANT SELECT ON drafts TO PUBLIC`);
    await db.run("INSERT INTO drafts VALUES (1, 'a', NULL), (2, 'stamped', now())");
    const polling = startPolling({ source: url, jobs: { drafts: { ...job, ...drafts } } });
    stack.push(polling);
    const bodies = (): readonly string[] =>
      polling.stream('drafts').flatMap(({ key, value }) => (key === '{"id":1}' && value !== null ? [bodyOf(value)] : []));
    await polling.cycles(2);
    for (const body of ['b', 'a', 'b']) {
      await db.run(`UPDATE drafts SET body = '${body}' WHERE id = 1`);
      await polling.cycles(3);
    }
    expect(bodies()).toEqual(['a', 'b', 'a', 'b']);
  });
});
