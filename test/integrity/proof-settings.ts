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

export const settings: readonly Setting[] = [
  {
    name: 'PostgreSQL',
    kind: 'postgres',
    logins: [
      owner(exact),
      granted('SELECT', () => [select], /lookback 1m, other sessions are hidden/),
      granted('SELECT and pg_read_all_stats', () => [select, 'pg_read_all_stats'], exact),
    ],
  },
  {
    name: 'MariaDB',
    kind: 'mariadb',
    logins: [
      granted('SELECT', (database) => [`SELECT ON ${database}.*`], /lookback 1m, no PROCESS privilege/),
      granted('SELECT and PROCESS', (database) => [`SELECT ON ${database}.*`, 'PROCESS ON *.*'], exact),
    ],
  },
  { name: 'SQLite', kind: 'sqlite', logins: [owner(/single writer; lookback 5s/)] },
];

const columns = { exclude: ['touched_at'] };

/** Ids alone see no update, so `entries` only grows. */
export const ways: readonly Way[] = [
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
