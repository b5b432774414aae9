import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DatabaseFacts } from '../servers/facts.ts';
import { startMariadb } from '../servers/mariadb.ts';
import { canFreeze, freeze, thaw } from '../state/frozen-files.ts';
import { createMariadb, createMariadbUser, createPostgres, createPostgresRole, type TestDatabase } from '../support/databases.ts';
import { type Finished, liberate, type RunningLiberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { parseExposition, sampleOf } from '../support/prometheus.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/topics.ts';
import { checkStream, counts, type KeyedEvent } from './checker.ts';
import { contentOf, createTables, versionOf } from './items.ts';
import { seedTables, writeConcurrently } from './writers.ts';

/** Where a state lies that can be made read-only while it is in use. */
interface Place extends AsyncDisposable {
  readonly url: string;
  refuse(): Promise<void>;
  /** Nothing is restarted and no session ended for it. */
  allow(): Promise<void>;
}

async function onFiles(directory: string): Promise<Place> {
  const folder = join(directory, 'state');
  await mkdir(folder);
  return {
    url: `sqlite:${join(folder, 'state.db')}`,
    refuse: async () => freeze(folder),
    allow: async () => thaw(folder),
    [Symbol.asyncDispose]: async () => thaw(folder),
  };
}

/** As providers do when a disk is almost full, and as a primary looks after another one has taken over: every session of it only reads. */
async function onPostgres(): Promise<Place> {
  const db = await createPostgres();
  const role = await createPostgresRole(db, { grants: [`ALL ON SCHEMA public`] });
  return {
    url: role.url,
    refuse: () =>
      db.run(`ALTER ROLE ${role.user} SET default_transaction_read_only = on;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role.user}'`),
    allow: () => db.run(`ALTER ROLE ${role.user} RESET default_transaction_read_only`),
    [Symbol.asyncDispose]: async () => {
      await role[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}

/** A server of its own: it only reads for everybody without a privilege. */
async function onMariadb(directory: string): Promise<Place> {
  const server = await startMariadb(directory);
  const db = await createMariadb(server.facts satisfies DatabaseFacts);
  const user = await createMariadbUser(db, { grants: [`ALL ON ${db.name}.*`] });
  return {
    url: user.url,
    refuse: () => db.run('SET GLOBAL read_only = 1'),
    allow: () => db.run('SET GLOBAL read_only = 0'),
    [Symbol.asyncDispose]: async () => {
      await db[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const places = { sqlite: onFiles, postgres: onPostgres, mariadb: onMariadb };

function linesOf(file: string): readonly KeyedEvent[] {
  if (!existsSync(file)) return [];
  const text = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as { readonly key: unknown; readonly value: unknown })
    .map(({ key, value }) => ({ key: JSON.stringify(key), value: text(value) }));
}

async function told(running: RunningLiberate): Promise<{ readonly status: number; readonly body: string; of(metric: string): number }> {
  const { url } = await running.line((line) => line['url'] !== undefined);
  const health = await fetch(`${String(url)}/health`);
  const metrics = parseExposition(await (await fetch(`${String(url)}/metrics`)).text());
  return { status: health.status, body: await health.text(), of: (name) => sampleOf(metrics, name, { job: 'items' }) ?? Number.NaN };
}

const polls = (running: RunningLiberate): number => running.lines().filter(({ outcome }) => outcome === 'ok').length;
const refusals = (running: RunningLiberate): number => running.lines().filter(({ code }) => code === 'LIB405').length;

const newRows = 50;
const change = (db: TestDatabase): Promise<void> => db.run(`UPDATE items SET version = version + 1, updated_at = now() WHERE id <= 10`);

it.for(['sqlite', 'postgres', 'mariadb'] as const)(
  'a state in %s that only reads for a while: nothing is lost, next to nothing repeated, all of it told, and no restart is needed',
  { timeout: 180_000 },
  async (kind, { skip }) => {
    skip(kind === 'sqlite' && !canFreeze, 'nobody here can make files read-only');
    await using directory = await temporaryDirectory('liberate-read-only-');
    await using db = await createPostgres();
    await createTables(db, 'postgres');
    await seedTables(db);
    await using place = await places[kind](directory.path);
    const job = { table: 'items', cursor: 'updated_at', columns: { exclude: ['touched_at'] }, every: '50ms', retries: 1, batch: 20 };
    const file = writeJobs(directory.path, {
      source: db.url,
      sink: `ndjson:${join(directory.path, 'out')}`,
      state: { url: place.url, lease: '3s' },
      http: '127.0.0.1:0',
      jobs: { items: job },
    });
    const events = (): readonly KeyedEvent[] => linesOf(join(directory.path, 'out', 'items.ndjson'));
    const isTable = (table: ReadonlyMap<string, string>): boolean => {
      const { missing, stale, extra } = checkStream(events(), table, versionOf);
      return missing.length + stale.length + extra.length === 0;
    };
    await using running = startLiberate(['run', file, '--log-level', 'debug']);
    await running.line(({ outcome }) => outcome === 'ok');
    const stop = new AbortController();
    const writing = writeConcurrently(db, { sessions: 3, seed: 1, holdMs: 200, signal: stop.signal });
    writing.catch(() => undefined);
    try {
      await waitFor(() => polls(running) > 10, { timeout: 30_000, what: 'polls' });
      stop.abort();
      await writing;
      await waitFor(async () => isTable(await contentOf(db, 'postgres', 'items')), { timeout: 30_000, what: 'what was written' });
      // What it has published is saved with the end of the poll.
      const quiet = polls(running);
      await waitFor(() => polls(running) > quiet + 1, { timeout: 30_000, what: 'quiet polls' });

      await place.refuse();
      // Rows of which nothing is remembered, so that they leave before anything has to be saved.
      await db.run(`INSERT INTO items (version, body) SELECT 1, 'new ' || n FROM generate_series(1, ${newRows}) n`);
      const { msg } = await running.line(({ code }) => code === 'LIB405');
      expect(msg).toContain('items');
      // However often it is tried, nothing leaves that could not be remembered.
      const before = events().length;
      const tries = refusals(running);
      await waitFor(() => refusals(running) > tries + 3, { timeout: 60_000, what: 'further tries' });
      expect(events()).toHaveLength(before);
      await waitFor(async () => (await told(running)).status === 503, { timeout: 30_000, what: 'health that tells' });
      const meanwhile = await told(running);
      expect(meanwhile.body).toContain('LIB405');
      expect(meanwhile.of('liberate_failures_in_a_row')).toBeGreaterThan(0);
      const others: readonly Finished[] = [await liberate(['status', file]), await liberate(['run', file, '--once'])];
      for (const { code, stderr } of others) expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining('LIB405') });

      await change(db);

      // The lease ends, as nobody can renew it; and it goes on without one.
      await waitFor(async () => (await told(running)).of('liberate_lease_held') === 0, { timeout: 30_000, what: 'the end of the lease' });
      const alone = refusals(running);
      await waitFor(() => refusals(running) > alone + 1, { timeout: 60_000, what: 'tries to have it back' });
      expect((await told(running)).status).toBe(503);

      const last = polls(running);
      await place.allow();
      await waitFor(() => polls(running) > last, { timeout: 60_000, what: 'a poll that ends well' });
      await waitFor(async () => (await told(running)).status === 200, { timeout: 30_000, what: 'health' });
      expect(await liberate(['status', file])).toMatchObject({ code: 0 });
    } catch (error) {
      console.log(
        running
          .lines()
          .slice(-30)
          .map(({ time, msg }) => `${String(time)} ${msg}`)
          .join('\n'),
      );
      throw error;
    } finally {
      stop.abort();
    }
    const table = await contentOf(db, 'postgres', 'items');
    await waitFor(() => isTable(table), { timeout: 30_000, what: 'the newest row' });
    running.kill('SIGTERM');
    expect(await running.finished).toMatchObject({ code: 0 });
    const verdict = counts(checkStream(events(), table, versionOf));
    console.log(kind, JSON.stringify(verdict));
    expect(verdict).toMatchObject({ missing: 0, stale: 0, extra: 0, reordered: 0 });
    // The batches of the one poll whose end could not be saved.
    expect(verdict['repeated']).toBeLessThanOrEqual(newRows);
  },
);
