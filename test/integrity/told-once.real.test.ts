import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/kit/clock.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { createDatabase, createMariadbUser, createPostgresRole, type TestDatabase } from '../support/databases.ts';
import { waitFor } from '../support/wait-for.ts';
import { checkStream, type Verdict } from './checker.ts';
import { columns, contentOf, createTables, versionOf } from './items.ts';
import { type Polling, startPolling } from './polling.ts';

const hour = 3_600_000;
const job = {
  table: 'items',
  cursor: 'updated_at',
  columns: { exclude: ['touched_at'] },
  every: '1s',
  reconcile: '1h',
  topic: 'items',
};
const faultless = { missing: [], stale: [], extra: [], reordered: [], repeated: [] };
const ago: Readonly<Record<'postgres' | 'mariadb', (seconds: number) => string>> = {
  postgres: (seconds) => `now() - interval '${seconds} seconds'`,
  mariadb: (seconds) => `NOW(6) - INTERVAL ${seconds} SECOND`,
};

/** Stands still but for `advance`: a poll, or a reconcile, comes when it is told to. */
class HandClock implements Clock {
  #now = systemClock.now();

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    for (const until = this.#now + ms; this.#now < until && !signal.aborted; ) await systemClock.sleep(2, signal);
  }
}

/** `between`: what happens once, after the poll in the middle of a reconcile and before it publishes what that did not tell. */
function comeBetween(store: StateStore, between: () => Promise<void>): StateStore {
  let left = 1;
  const published = new Proxy(store.published, {
    get: (own, name) => {
      const value: unknown = Reflect.get(own, name, own);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        if (name === 'bucket' && left-- > 0) await between();
        return value.apply(own, args) as unknown;
      };
    },
  });
  return new Proxy(store, {
    get: (own, name) => {
      const value: unknown = name === 'published' ? published : Reflect.get(own, name, own);
      return typeof value === 'function' ? (value.bind(own) as unknown) : value;
    },
  });
}

// Its look-back of a minute meets every row again that was written since.
describe.each(['postgres', 'mariadb'] as const)('as a login of %s with SELECT alone, with reconcile:', (kind) => {
  const stack: AsyncDisposable[] = [];
  let db: TestDatabase;
  let url: string;
  let clock: HandClock;

  beforeEach(async () => {
    db = await createDatabase[kind]();
    stack.push(db);
    await createTables(db, kind);
    await db.run(`INSERT INTO items (version, body, updated_at) VALUES (1, 'one', ${ago[kind](9000)}), (1, 'two', ${ago[kind](8000)})`);
    const create = kind === 'mariadb' ? createMariadbUser : createPostgresRole;
    const role = await create(db, { grants: [kind === 'mariadb' ? `SELECT ON ${db.name}.*` : 'SELECT ON ALL TABLES IN SCHEMA public'] });
    stack.push(role);
    url = role.url;
    clock = new HandClock();
  });
  afterEach(async () => {
    for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });

  const start = async (store = openMemoryState()): Promise<Polling> => {
    const polling = startPolling({ source: url, jobs: { items: job } }, store, undefined, clock);
    stack.push(polling);
    await waitFor(() => polling.reports('items').length > 0, { timeout: 30_000, what: 'the load' });
    return polling;
  };
  const poll = async (polling: Polling): Promise<void> => {
    const ended = polling.reports('items').length;
    clock.advance(2000);
    await waitFor(() => polling.reports('items').length > ended, { timeout: 30_000, what: 'a poll' });
  };
  const reconcile = async (polling: Polling): Promise<void> => {
    const ended = (): number => polling.events.filter(({ type }) => type === 'reconcile.end').length;
    const before = ended();
    clock.advance(hour);
    await waitFor(() => ended() > before, { timeout: 30_000, what: 'a reconcile' });
  };
  const verdict = async (polling: Polling): Promise<Verdict> =>
    checkStream(polling.stream('items'), await contentOf(db, kind, 'items'), versionOf);

  it('a row that is away while the first poll after a reconcile looks, and comes back as it was, leaves once', async () => {
    const polling = await start();
    await db.run("INSERT INTO items (version, body) VALUES (1, 'away'), (1, 'other')");
    await poll(polling);
    await reconcile(polling);
    const [row] = await db.rows(`SELECT ${columns} FROM items WHERE body = 'away'`);
    await db.run("DELETE FROM items WHERE body = 'away'");
    await poll(polling);
    await db.run(`INSERT INTO items (${columns}) VALUES (${(row ?? []).map((text) => `'${text}'`).join()})`);
    await poll(polling);
    await poll(polling);
    expect(await verdict(polling)).toMatchObject({ ...faultless, rows: 4, events: 4 });
    await reconcile(polling);
    expect(await verdict(polling)).toMatchObject({ ...faultless, rows: 4, events: 4 });
  });

  it('a row that a reconcile publishes as it has just been stamped is not published once more by the poll that meets it', async () => {
    // Neither has a stamp that a poll looks back to, until both get one: one ahead of the mark, one behind it.
    const between = async (): Promise<void> => {
      await db.run(`UPDATE items SET version = version + 1, updated_at = ${ago[kind](30)} WHERE id = 1`);
      await db.run(`UPDATE items SET version = version + 1, updated_at = ${ago[kind](0)} WHERE id = 2`);
    };
    const polling = await start(comeBetween(openMemoryState(), between));
    await db.run("INSERT INTO items (version, body) VALUES (1, 'newest')");
    await poll(polling);
    await db.run("UPDATE items SET version = 2, body = 'unseen' WHERE id <= 2");
    await reconcile(polling);
    expect(await verdict(polling)).toMatchObject({ ...faultless, events: 5 });
    await poll(polling);
    await poll(polling);
    expect(await verdict(polling)).toMatchObject({ ...faultless, events: 5 });
    await db.run("UPDATE items SET version = 4, body = 'told' WHERE id = 1");
    await poll(polling);
    expect(await verdict(polling)).toMatchObject({ ...faultless, events: 6 });
  });
});
