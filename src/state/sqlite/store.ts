import knex, { type Knex } from 'knex';
import { UsableConnections } from '../connection.ts';
import type { StateDatabase } from '../database.ts';
import { KnexStore } from '../knex-store.ts';
import { tables } from '../migrations.ts';
import { silentLog } from '../native-error.ts';
import type { StateConfig } from '../state-config.ts';
import type { StateStore } from '../state-store.ts';
import { sortSqliteError } from './errors.ts';
import { prepareFile } from './file.ts';
import { applicationId, inspect } from './inspect.ts';

/** Milliseconds that SQLite itself waits for a lock, during which nothing else in the process runs; patiently() does the rest. */
const busyMs = 20;

function connect(path: string, usable: UsableConnections): Knex {
  return knex({
    client: 'better-sqlite3',
    connection: { filename: path, options: { safeIntegers: true } },
    useNullAsDefault: true,
    compileSqlOnError: false,
    log: silentLog,
    pool: {
      min: 1,
      max: 1,
      // A COMMIT that failed may leave its transaction open; such a connection is closed, which rolls back.
      validate: (connection: { readonly inTransaction: boolean }) => usable.has(connection) && !connection.inTransaction,
      afterCreate: (connection: { pragma(text: string): unknown }, done: (error: unknown) => void) => {
        usable.add(connection);
        try {
          connection.pragma(`busy_timeout = ${busyMs}`);
          connection.pragma('synchronous = full');
          done(null);
        } catch (error) {
          done(error);
        }
      },
    },
  });
}

function sqliteDatabase(path: string): StateDatabase {
  const usable = new UsableConnections();
  return {
    place: `the file ${path}`,
    clock: "cast(round(unixepoch('subsec') * 1000) as integer)",
    isolation: null,
    lock: `update ${tables.lease} set fence = fence where 0`,
    async connect() {
      await prepareFile(path);
      return connect(path, usable);
    },
    inspect: (db) => inspect(db, path),
    // A write to the header: takes the file's one write lock until the transaction ends.
    lockSchema: async (trx) => void (await trx.raw(`pragma application_id = ${applicationId}`)),
    unlockSchema: () => Promise.resolve(),
    // Kept in the file. Not before the migration: it would change a file that is not ours.
    settle: async (db) => void (await db.raw('pragma journal_mode = wal')),
    // The pool looks at its connection when it is next used; until then the file's write lock would be held.
    recover: async (db) => void (await db.raw('select 1')),
    forsake: () => usable.forsake(),
    jobColumn: (table, name) => table.string(name, 255),
    bytesType: 'blob',
    tableOptions: () => {},
    sort: (thrown) => sortSqliteError(thrown, `the state file ${path}`),
  };
}

/** `config.url` is the absolute path of a file, made if it is missing, in a folder that is there. */
export function openSqliteState(config: StateConfig, createdBy = 'liberate'): StateStore {
  return new KnexStore(sqliteDatabase(config.url), createdBy);
}
