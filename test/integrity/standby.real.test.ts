import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import { openPostgres as openSource } from '../../src/source/postgres/source.ts';
import { sourceConfig } from '../contract/source.ts';
import type { DatabaseFacts } from '../servers/facts.ts';
import { startPostgres, startStandby } from '../servers/postgres.ts';
import type { RunningServer } from '../servers/server.ts';
import { withDatabase } from '../support/database.ts';
import { createPostgres, openPostgres, type TestDatabase } from '../support/databases.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/topics.ts';
import { checkStream, counts, type Verdict } from './checker.ts';
import { contentOf, createTables, type Table, versionOf } from './items.ts';
import { type Polling, startPolling } from './polling.ts';
import { caughtUp } from './standby.ts';
import { seedTables, writeConcurrently } from './writers.ts';

const faultless = { missing: [], stale: [], extra: [], reordered: [], repeated: [] };
const never = new AbortController().signal;

const numbered = `
  ALTER TABLE items ADD txid xid8 NOT NULL DEFAULT pg_current_xact_id();
  ALTER TABLE entries ADD txid xid8 NOT NULL DEFAULT pg_current_xact_id();
  CREATE FUNCTION renumber() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.txid = pg_current_xact_id(); RETURN NEW; END $$;
  CREATE TRIGGER renumber BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION renumber();`;

describe('a hot standby as the source', () => {
  const stack: AsyncDisposable[] = [];
  let primary: RunningServer<DatabaseFacts>;
  let standby: RunningServer<DatabaseFacts>;
  let db: TestDatabase;
  /** The same database, on the standby. */
  let url: string;

  beforeAll(async () => {
    const folder = await temporaryDirectory();
    stack.push(folder);
    primary = await startPostgres(folder.path);
    stack.push(primary);
    // Whatever reads there is cancelled at once when it stands in the way of the primary's changes.
    standby = await startStandby(folder.path, primary.facts, { max_standby_streaming_delay: '0' });
    stack.push(standby);
    db = await createPostgres(primary.facts);
    stack.push(db);
    url = withDatabase(standby.facts.url, db.name);
    await createTables(db, 'postgres');
    await seedTables(db);
    await db.run(numbered);
    await caughtUp(db, standby.facts.url);
  }, 180_000);
  afterAll(async () => {
    for (const one of stack.reverse()) await one[Symbol.asyncDispose]();
  }, 60_000);

  it('gives every row that 12 sessions write on its primary within the look-back: none missing, none stale, none twice', async () => {
    const columns = { exclude: ['touched_at', 'txid'] };
    const jobs: Readonly<Record<string, { readonly table: Table; readonly [key: string]: unknown }>> = {
      items: { table: 'items', cursor: 'updated_at', columns, lookback: '15s' },
      strict: { table: 'items', cursor: 'updated_at', columns, lookback: '15s', order: 'strict' },
      entries: { table: 'entries', cursor: 'id', columns: { exclude: ['txid'] }, lookback: '15s' },
      numbers: { table: 'items', cursor: 'txid', columns },
    };
    const polling: Polling = startPolling({
      source: url,
      jobs: Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, { ...job, every: '100ms', topic: name, retries: 20 }])),
    });
    stack.push(polling);
    await polling.cycles(1);
    const { committed, rolledBack } = await writeConcurrently(db, {
      sessions: 12,
      seed: 3,
      holdMs: 800,
      signal: AbortSignal.timeout(8000),
    });
    expect([committed > 30, rolledBack > 0]).toEqual([true, true]);
    const verdict = async (name: string): Promise<Verdict> =>
      checkStream(polling.stream(name), await contentOf(db, 'postgres', jobs[name]?.table ?? 'items'), versionOf);
    for (const name of Object.keys(jobs)) {
      const whole = async (): Promise<boolean> => {
        // A primary that commits nothing cannot be told from one that cannot be reached.
        await db.rows('SELECT pg_current_xact_id()');
        const { missing, stale } = await verdict(name);
        return missing.length + stale.length === 0;
      };
      await waitFor(whole, { timeout: 60_000, what: `all rows of ${name}` });
      console.log(name, JSON.stringify(counts(await verdict(name))));
    }
    await polling.cycles(3);
    for (const name of Object.keys(jobs)) expect(await verdict(name), name).toMatchObject(faultless);
    const stamps = polling.stream('strict').map(({ value }) => (JSON.parse(value as string) as { readonly updated_at: string }).updated_at);
    expect(stamps).toEqual([...stamps].sort());
    const methods = polling.events.flatMap((event) => (event.type === 'job.start' ? [`${event.job}: ${JSON.stringify(event)}`] : []));
    expect(methods.find((text) => text.startsWith('items: '))).toContain('lookback 15s, on a standby');
    await polling[Symbol.asyncDispose]();
  }, 180_000);

  it('cancels a read that stands in the way of its replay, which is a failure that is tried again', async () => {
    await db.run("CREATE TABLE wide (id int PRIMARY KEY, body text); INSERT INTO wide SELECT n, 'x' FROM generate_series(1, 1000) n");
    await caughtUp(db, standby.facts.url);
    await using source = openSource(sourceConfig('postgres', url));
    const relation = { kind: 'query', text: 'SELECT w.id, w.body FROM (SELECT pg_sleep(60)) s, wide w' } as const;
    const { columns } = await source.describe(relation, never);
    const request = { relation, columns, where: null, cursor: [], key: columns.slice(0, 1), window: { kind: 'all' } as const };
    const reading = (async (): Promise<unknown> => {
      try {
        for await (const _ of source.read({ ...request, page: null, recentFrom: null, sample: null, limit: 1 }, never));
      } catch (error) {
        return error;
      }
      return null;
    })();
    await using session = await openPostgres(standby.facts.url);
    const runs = async (): Promise<boolean> => {
      const found = await session.rows("SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'");
      return found.length > 0;
    };
    await waitFor(runs, { timeout: 30_000, what: 'the read' });
    // What the read may still see is taken away.
    await db.run('DELETE FROM wide');
    await db.run('VACUUM wide');
    const failure = await reading;
    expect(failure).toBeInstanceOf(LiberateError);
    expect(failure).toMatchObject({ code: 'LIB209', transient: true, cause: { code: '40001' } });
  }, 120_000);

  it('tells nothing of transactions that a later read could rely on, and its primary does, until it is started anew', async () => {
    await using reader = openSource(sourceConfig('postgres', url));
    const behind = await reader.horizon(null, never);
    expect([behind.ended, behind.eldest]).toEqual([undefined, undefined]);
    expect(behind.snapshot).toMatch(/^(\d+):\1:$/);
    const ended = async (): Promise<string | undefined> => {
      await using source = openSource(sourceConfig('postgres', db.url));
      return (await source.horizon(null, never)).ended?.server;
    };
    const before = await ended();
    expect(await ended()).toBe(before);
    await primary.restart();
    expect(await ended()).not.toBe(before);
  }, 120_000);
});
