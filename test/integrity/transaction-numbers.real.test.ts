import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase, createPostgresRole, type TestDatabase } from '../support/databases.ts';
import { waitFor } from '../support/topics.ts';
import { checkStream, type Verdict } from './checker.ts';
import { bodyOf, contentOf, createTables, type Table, versionOf } from './items.ts';
import { type Polling, startPolling } from './polling.ts';
import { seedTables, writeConcurrently } from './writers.ts';

const items = { table: 'items', cursor: 'txid', columns: { exclude: ['touched_at', 'txid'] }, every: '100ms', topic: 'items', batch: 7 };
const entries = { table: 'entries', cursor: 'txid', columns: { exclude: ['txid'] }, every: '100ms', topic: 'entries' };
const faultless = { missing: [], stale: [], extra: [], reordered: [], repeated: [] };

const numbered = `
  ALTER TABLE items ADD txid xid8 NOT NULL DEFAULT pg_current_xact_id();
  ALTER TABLE entries ADD txid xid8 NOT NULL DEFAULT pg_current_xact_id();
  CREATE INDEX ON items (txid); CREATE INDEX ON entries (txid);
  CREATE FUNCTION renumber() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.txid = pg_current_xact_id(); RETURN NEW; END $$;
  CREATE TRIGGER renumber BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION renumber();`;

describe('PostgreSQL tables whose rows carry the number of their transaction, read with SELECT alone', () => {
  let db: TestDatabase;
  let url: string;
  const stack: AsyncDisposable[] = [];

  beforeEach(async () => {
    db = await createDatabase.postgres();
    stack.push(db);
    await createTables(db, 'postgres');
    await seedTables(db);
    await db.run(numbered);
    const role = await createPostgresRole(db, { grants: ['SELECT ON ALL TABLES IN SCHEMA public'] });
    stack.push(role);
    url = role.url;
  });
  afterEach(async () => {
    for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });

  const poll = (jobs: Readonly<Record<string, object>>): Polling => {
    const polling = startPolling({ source: url, jobs });
    stack.push(polling);
    return polling;
  };
  const verdict = async (polling: Polling, table: Table): Promise<Verdict> =>
    checkStream(polling.stream(table), await contentOf(db, 'postgres', table), versionOf);
  const bodies = (polling: Polling, table: Table): readonly string[] => polling.stream(table).map(({ value }) => bodyOf(value as string));
  const has = (polling: Polling, table: Table, body: string): boolean => bodies(polling, table).includes(body);

  it('lose no row and repeat none, while 12 sessions hold their transactions, keep savepoints and roll back', async () => {
    const polling = poll({ items, entries });
    const { committed, rolledBack } = await writeConcurrently(db, {
      sessions: 12,
      seed: 9,
      holdMs: 800,
      signal: AbortSignal.timeout(6000),
    });
    await polling.cycles(3);
    expect([committed > 30, rolledBack > 0]).toEqual([true, true]);
    for (const table of ['items', 'entries'] as const) {
      expect(await verdict(polling, table)).toMatchObject(faultless);
      expect(polling.reports(table).reduce((sum, { repeated }) => sum + repeated, 0)).toBe(0);
      expect(polling.reports(table).filter(({ published }) => published > 0).length).toBeGreaterThan(2);
    }
    expect(polling.events.find((event) => event.type === 'job.start')).toMatchObject({
      mode: 'transaction',
      method: 'difference of two snapshots',
    });
  });

  it('do not wait for a long transaction, whose rows come when it ends; a prepared one too', async () => {
    const polling = poll({ entries });
    await polling.cycles(1);
    await using long = await db.connect();
    await using prepared = await db.connect();
    const gid = `numbers ${db.name}`;
    await long.run("BEGIN; INSERT INTO entries (version, body) VALUES (1, 'long')");
    await prepared.run(`BEGIN; INSERT INTO entries (version, body) VALUES (1, 'prepared'); PREPARE TRANSACTION '${gid}'`);
    for (let round = 0; round < 3; round += 1) {
      await db.run(`INSERT INTO entries (version, body) VALUES (1, 'short ${round}')`);
      await waitFor(() => has(polling, 'entries', `short ${round}`), { timeout: 20_000, what: 'a row of a short transaction' });
    }
    expect([has(polling, 'entries', 'long'), has(polling, 'entries', 'prepared')]).toEqual([false, false]);
    await long.run('COMMIT');
    await prepared.run(`COMMIT PREPARED '${gid}'`);
    await polling.cycles(2);
    expect([has(polling, 'entries', 'long'), has(polling, 'entries', 'prepared')]).toEqual([true, true]);
    expect(await verdict(polling, 'entries')).toMatchObject(faultless);
  });

  it('come in the order in which they were written, though the transaction that wrote later has the lower number', async () => {
    const before = poll({ entries });
    await before.cycles(1);
    await using first = await db.connect();
    await using second = await db.connect();
    // Stopped meanwhile, so that both are committed between two polls.
    await before[Symbol.asyncDispose]();
    await first.run("BEGIN; INSERT INTO items (version, body) VALUES (1, 'has the lower number')");
    await second.run("BEGIN; INSERT INTO entries (version, body) VALUES (1, 'earlier'); COMMIT");
    await first.run("INSERT INTO entries (version, body) VALUES (1, 'later'); COMMIT");
    const after = await before.restart({ source: url, jobs: { entries } });
    stack.push(after);
    await waitFor(() => has(after, 'entries', 'later'), { timeout: 20_000, what: 'the later row' });
    expect(bodies(after, 'entries').slice(-2)).toEqual(['earlier', 'later']);
    expect(await verdict(after, 'entries')).toMatchObject(faultless);
  });

  it('are skipped up to now by initial: skip, but for what is not committed yet', async () => {
    await using open = await db.connect();
    await open.run("BEGIN; INSERT INTO entries (version, body) VALUES (1, 'open')");
    const polling = poll({ entries: { ...entries, initial: 'skip' } });
    await polling.cycles(1);
    await open.run('COMMIT');
    await db.run("INSERT INTO entries (version, body) VALUES (1, 'new')");
    await waitFor(() => has(polling, 'entries', 'new'), { timeout: 20_000, what: 'the new row' });
    expect(bodies(polling, 'entries')).toEqual(['open', 'new']);
  });
});
