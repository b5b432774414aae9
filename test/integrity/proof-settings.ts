import { createMariadbUser, createPostgresRole, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import type { Table } from './items.ts';

/** Where liberate reads the writers' database from, and as whom. */
export interface Reader extends AsyncDisposable {
  readonly url: string;
  /** Resolves when all that is committed now can be read there. */
  reached(): Promise<void>;
}

export interface Login {
  readonly name: string;
  open(db: TestDatabase): Promise<Reader>;
  /** How the first line of a job names the method of its guarantee. */
  readonly method: RegExp;
}

/** One database that is written to, and who reads it meanwhile. */
export interface Setting {
  readonly name: string;
  readonly kind: DatabaseKind;
  readonly logins: readonly Login[];
  readonly ways: readonly Way[];
  /** The writers also delete, change keys, and update without a stamp. */
  readonly unseen: boolean;
}

/** A job in one of the modes, on one of the tables. */
export interface Way {
  readonly how: string;
  readonly table: Table;
  readonly job: { readonly mode: string; readonly cursor: string; readonly [key: string]: unknown };
}

const exact = /^look-back to oldest open transaction, |by oldest open transaction$/;

/** By the database's own URL. */
const owner = (method: RegExp): Login => ({
  name: 'owner',
  open: async ({ url }) => ({ url, reached: async () => {}, [Symbol.asyncDispose]: async () => {} }),
  method,
});

const granted = (name: string, grants: (database: string) => readonly string[], method: RegExp): Login => ({
  name,
  open: async (db) => {
    const create = db.kind === 'mariadb' ? createMariadbUser : createPostgresRole;
    const login = await create(db, { grants: grants(db.name) });
    return { url: login.url, reached: async () => {}, [Symbol.asyncDispose]: () => login[Symbol.asyncDispose]() };
  },
  method,
});

const select = 'SELECT ON ALL TABLES IN SCHEMA public';

const columns = { exclude: ['touched_at'] };

/** Ids alone see no update, so `entries` only grows. */
const ways: readonly Way[] = [
  { how: 'timestamp', table: 'items', job: { mode: 'timestamp', cursor: 'updated_at', columns } },
  {
    how: 'timestamp+incrementing',
    table: 'items',
    // In small pages: each is a statement, and a picture, of its own.
    job: { mode: 'timestamp+incrementing', cursor: 'updated_at', increment: 'id', columns, batch: 5 },
  },
  { how: 'timestamp, whole seconds', table: 'items', job: { mode: 'timestamp', cursor: 'touched_at', columns } },
  { how: 'incrementing', table: 'entries', job: { mode: 'incrementing', cursor: 'id' } },
];

/** What no cursor tells is found by comparing keys. */
const reconciling: readonly Way[] = [
  { how: 'timestamp, reconcile: 1s', table: 'items', job: { mode: 'timestamp', cursor: 'updated_at', columns, reconcile: '1s' } },
];

const selectOnly = granted('SELECT', () => [select], /lookback 1m, other sessions are hidden/);
const selectOnMariadb = granted('SELECT', (database) => [`SELECT ON ${database}.*`], /lookback 1m, no PROCESS privilege/);
const file = owner(/single writer; lookback 5s/);

/**
 * Read from a standby, where what is open on the primary cannot be seen: `follow` opens the standby's copy of the database.
 * The look-back is longer than the writers' transactions with their waits for locks, and much shorter than a run.
 */
export const standbySetting = (follow: Login['open']): Setting => ({
  name: 'PostgreSQL, hot standby',
  kind: 'postgres',
  logins: [{ name: 'owner', open: follow, method: /lookback 15s, on a standby/ }],
  ways: ways.map((way) => ({ ...way, job: { ...way.job, lookback: '15s' } })),
  unseen: false,
});

export const settings: readonly Setting[] = [
  {
    name: 'PostgreSQL',
    kind: 'postgres',
    logins: [owner(exact), selectOnly, granted('SELECT and pg_read_all_stats', () => [select, 'pg_read_all_stats'], exact)],
    ways,
    unseen: false,
  },
  {
    name: 'MariaDB',
    kind: 'mariadb',
    logins: [selectOnMariadb, granted('SELECT and PROCESS', (database) => [`SELECT ON ${database}.*`, 'PROCESS ON *.*'], exact)],
    ways,
    unseen: false,
  },
  { name: 'SQLite', kind: 'sqlite', logins: [file], ways, unseen: false },
  { name: 'PostgreSQL, deletes', kind: 'postgres', logins: [owner(exact), selectOnly], ways: reconciling, unseen: true },
  { name: 'MariaDB, deletes', kind: 'mariadb', logins: [selectOnMariadb], ways: reconciling, unseen: true },
  { name: 'SQLite, deletes', kind: 'sqlite', logins: [file], ways: reconciling, unseen: true },
];
