import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Database } from 'better-sqlite3';
import createKnex, { type Knex } from 'knex';
import { orAbort, throwIfAborted } from '../../kit/abort.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { SourceConfig } from '../source-config.ts';
import { sqliteError } from './errors.ts';
import { registerFunctions } from './functions.ts';

/** Milliseconds that SQLite itself waits for a lock. */
const busyTimeout = 5000;

/** A handle for one user at a time; disposing it gives it back. */
export interface Connection extends AsyncDisposable {
  readonly database: Database;
  /** Which file it has open: another one may take its place. */
  readonly file: string;
}

export interface Connections extends AsyncDisposable {
  /** Waits for a free handle. LIB201, LIB202. */
  acquire(signal: AbortSignal): Promise<Connection>;
}

interface Pool {
  readonly knex: Knex;
  /** The file that its handles have open. */
  readonly file: Stats;
}

export function openConnections(config: SourceConfig): Connections {
  const path = config.url;
  let pool: Pool | null = null;
  const retired: Promise<void>[] = [];

  /** A file that takes the place of another (a restored backup) gets handles of its own: the old ones would read the old file for ever. */
  const poolOf = (file: Stats): Pool => {
    if (pool !== null && pool.file.ino === file.ino && pool.file.dev === file.dev) return pool;
    if (pool !== null) retired.push(pool.knex.destroy());
    pool = { knex: openPool(config), file };
    return pool;
  };

  return {
    async acquire(signal) {
      throwIfAborted(signal);
      const { knex, file } = poolOf(await lookAt(path));
      const lent = lend(knex);
      const database = await orAbort(lent, signal).catch((error: unknown) => {
        // The pool may still lend it, to nobody: it has to come back.
        lent.then((late) => giveBack(knex, late)).catch(() => undefined);
        throw sqliteError(path, error);
      });
      return { database, file: `${file.dev}:${file.ino}`, [Symbol.asyncDispose]: () => giveBack(knex, database) };
    },
    async [Symbol.asyncDispose]() {
      if (pool !== null) retired.push(pool.knex.destroy());
      pool = null;
      await Promise.all(retired);
    },
  };
}

const silent = (): void => {};

function openPool({ url, pool, session }: SourceConfig): Knex {
  const connection = {
    filename: url,
    options: { safeIntegers: true, readonly: true, fileMustExist: true, timeout: busyTimeout },
  };
  return createKnex({
    client: 'better-sqlite3',
    useNullAsDefault: true,
    // It would print on stdout, which is for data; what goes wrong is thrown as well.
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
    connection: connection as unknown as Knex.Sqlite3ConnectionConfig,
    pool: {
      min: 0,
      max: pool,
      afterCreate(database: Database, done: (error: unknown, database: Database) => void) {
        try {
          registerFunctions(database);
          for (const statement of session) database.exec(statement);
          done(null, database);
        } catch (error) {
          done(error, database);
        }
      },
    },
  });
}

/** SQLite would only say that it cannot open it. */
async function lookAt(path: string): Promise<Stats> {
  const file = await stat(path).catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    const found = missing ? 'there is no such file' : String(error instanceof Error ? error.message : error);
    throw new LiberateError('LIB201', `${path} cannot be opened: ${found}`, {
      cause: error,
      cure: 'Give the path of an existing database; it is never made here.',
    });
  });
  if (file.isDirectory()) {
    throw new LiberateError('LIB201', `${path} cannot be opened: it is a folder`, { cure: 'Give the path of the database file.' });
  }
  return file;
}

const lend = (knex: Knex): Promise<Database> => knex.client.acquireConnection() as Promise<Database>;

const giveBack = (knex: Knex, database: Database): Promise<void> => knex.client.releaseConnection(database) as Promise<void>;
