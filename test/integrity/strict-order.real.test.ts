import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDatabase, createMariadbUser, createPostgresRole, type TestDatabase } from '../support/databases.ts';
import { waitFor } from '../support/topics.ts';
import { checkStream, type KeyedEvent, type Verdict } from './checker.ts';
import { bodyOf, contentOf, createTables, versionOf } from './items.ts';
import { type Polling, startPolling } from './polling.ts';
import { seedTables, writeConcurrently } from './writers.ts';

vi.setConfig({ testTimeout: 150_000 });

const job = { table: 'items', cursor: 'updated_at', order: 'strict', columns: { exclude: ['touched_at'] }, every: '100ms', topic: 'items' };
const faultless = { missing: [], stale: [], extra: [], reordered: [], repeated: [] };
const stampOf = ({ value }: KeyedEvent): string => (JSON.parse(value as string) as { readonly updated_at: string }).updated_at;

describe.each(['postgres', 'mariadb'] as const)('a job with order: strict on %s', (kind) => {
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

  const poll = (content: Parameters<typeof startPolling>[0]): Polling => {
    const polling = startPolling(content);
    stack.push(polling);
    return polling;
  };
  const verdict = async (polling: Polling): Promise<Verdict> =>
    checkStream(polling.stream('items'), await contentOf(db, kind, 'items'), versionOf);
  const whole = (polling: Polling): Promise<unknown> =>
    waitFor(
      async () => {
        const { missing, stale } = await verdict(polling);
        return missing.length + stale.length === 0;
      },
      { timeout: 60_000, what: 'the stream to be the table' },
    );
  const has = (polling: Polling, body: string): boolean =>
    polling.stream('items').some(({ value }) => value !== null && bodyOf(value) === body);
  const inOrder = (polling: Polling): void => {
    const stamps = polling.stream('items').map(stampOf);
    expect(stamps).toEqual([...stamps].sort());
  };

  it('publishes what 10 sessions write in the order of their stamps over the whole topic, nothing lost and nothing twice', async () => {
    const polling = poll({ source: db.url, jobs: { items: job } });
    const { committed } = await writeConcurrently(db, { sessions: 10, seed: 5, holdMs: 800, signal: AbortSignal.timeout(6000) });
    await whole(polling);
    expect(committed).toBeGreaterThan(30);
    inOrder(polling);
    expect(await verdict(polling)).toMatchObject(faultless);
    expect(polling.reports('items').filter(({ published }) => published > 0).length).toBeGreaterThan(2);
    expect(polling.reports('items').reduce((sum, { repeated }) => sum + repeated, 0)).toBe(0);
  });

  it('holds rows back behind an open transaction, names it, and lets them go when it ends', async () => {
    const polling = poll({ source: db.url, jobs: { items: job } });
    await whole(polling);
    await using long = await db.connect();
    await long.run(`BEGIN; UPDATE items SET version = version + 1, body = 'long', updated_at = ${now} WHERE id = 1`);
    const [[id] = []] = await long.rows(kind === 'mariadb' ? 'SELECT CONNECTION_ID()' : 'SELECT pg_backend_pid()');
    await db.run("INSERT INTO items (version, body) VALUES (1, 'younger')");
    // MariaDB tells of the transactions of the whole server, other tests' among them.
    const by = `${kind === 'mariadb' ? 'connection' : 'pid'} ${id}`;
    const held = await waitFor(() => polling.reports('items').find((report) => report.held?.by === by && report.held.openMs > 3000)?.held, {
      timeout: 60_000,
      what: 'a report that names the transaction',
    });
    expect(held?.user).toBe(new URL(db.url).username);
    expect(has(polling, 'younger')).toBe(false);
    await long.run('COMMIT');
    await whole(polling);
    expect([has(polling, 'long'), has(polling, 'younger')]).toEqual([true, true]);
    inOrder(polling);
    const named = (): boolean => polling.reports('items').at(-1)?.held?.by === by;
    await waitFor(() => !named(), { timeout: 60_000, what: 'a report that does not name it' });
  });

  it('says that its fence is a guess to a login that cannot see transactions', async () => {
    const login =
      kind === 'mariadb'
        ? await createMariadbUser(db, { grants: [`SELECT ON ${db.name}.*`] })
        : await createPostgresRole(db, { grants: ['SELECT ON ALL TABLES IN SCHEMA public'] });
    stack.push(login);
    const polling = poll({ source: login.url, jobs: { items: { ...job, lookback: '2s' } } });
    await whole(polling);
    const start = polling.events.find((event) => event.type === 'job.start');
    expect(start).toMatchObject({
      guarantee: expect.stringContaining('unless a transaction that cannot be seen lasts longer than 2s'),
      method: expect.stringContaining('2s'),
    });
    inOrder(polling);
  });

  it('goes over from relaxed order without losing a row of a transaction that is open meanwhile', async () => {
    const state = poll({ source: db.url, jobs: { items: { ...job, order: 'relaxed' } } });
    await state.cycles(2);
    await using long = await db.connect();
    await long.run(`BEGIN; UPDATE items SET version = version + 1, body = 'long', updated_at = ${now} WHERE id = 1`);
    await db.run("INSERT INTO items (version, body) VALUES (1, 'published already')");
    await state.cycles(2);
    expect(has(state, 'published already')).toBe(true);
    const strict = await state.restart({ source: db.url, jobs: { items: job } });
    stack.push(strict);
    await strict.cycles(2);
    await db.run("INSERT INTO items (version, body) VALUES (1, 'held')");
    await strict.cycles(2);
    expect(has(strict, 'held')).toBe(false);
    await long.run('COMMIT');
    await whole(strict);
    expect(await verdict(strict)).toMatchObject(faultless);
  });
});

describe('a job with order: strict on PostgreSQL', () => {
  it('reads nothing while a prepared transaction is open, and names that', async () => {
    await using db = await createDatabase.postgres();
    await createTables(db, 'postgres');
    await seedTables(db);
    await using writer = await db.connect();
    const gid = `strict ${db.name}`;
    await writer.run(`BEGIN; INSERT INTO items (version, body) VALUES (1, 'prepared'); PREPARE TRANSACTION '${gid}'`);
    await using polling = startPolling({ source: db.url, jobs: { items: job } });
    const held = await waitFor(() => polling.reports('items').find(({ held }) => held !== undefined)?.held, { what: 'a report' });
    expect(held).toMatchObject({ by: `prepared transaction "${gid}"`, user: 'postgres' });
    await polling.cycles(2);
    expect(polling.stream('items')).toEqual([]);
    await writer.run(`COMMIT PREPARED '${gid}'`);
    await waitFor(() => polling.stream('items').some(({ value }) => bodyOf(value as string) === 'prepared'), {
      timeout: 20_000,
      what: 'its row',
    });
  });
});
