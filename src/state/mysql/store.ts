import type { Knex } from 'knex';
import { LiberateError } from '../../kit/errors.ts';
import { redactUrl } from '../../kit/redact.ts';
import { UsableConnections } from '../connection.ts';
import type { StateDatabase } from '../database.ts';
import { KnexStore } from '../knex-store.ts';
import type { StateConfig } from '../state-config.ts';
import type { StateStore } from '../state-store.ts';
import { lockWaitMs } from '../transaction.ts';
import { connectMysql } from './connect.ts';
import { sortMysqlError } from './errors.ts';

/** Locks of this kind belong to the server, not to a database, and have names of 64 characters at most. */
const lockName = "concat('liberate.', left(sha2(database(), 256), 32))";

async function lockSchema(trx: Knex.Transaction, place: string): Promise<void> {
  const [rows]: readonly (readonly { readonly got: unknown }[])[] = await trx.raw(
    `select get_lock(${lockName}, ${lockWaitMs / 1000}) as got`,
  );
  if (String(rows?.[0]?.got) !== '1') throw new LiberateError('LIB408', `${place}: another process is changing the schema of the state`);
}

async function unlockSchema(trx: Knex.Transaction): Promise<void> {
  try {
    await trx.raw(`select release_lock(${lockName})`);
  } catch {
    // The connection is gone, and the lock with it; the error that broke it is the one to tell.
  }
}

function mysqlDatabase(config: StateConfig): StateDatabase {
  const place = `the state database ${redactUrl(config.url)}`;
  const usable = new UsableConnections();
  return {
    place,
    clock: 'cast(floor(unix_timestamp(now(6)) * 1000) as signed)',
    // Also spares the locks on gaps between rows, by which two first takers of a lease would deadlock.
    isolation: 'read committed',
    lock: null,
    connect: async () => connectMysql(config, usable),
    inspect: () => Promise.resolve(),
    lockSchema: (trx) => lockSchema(trx, place),
    unlockSchema,
    settle: () => Promise.resolve(),
    recover: () => Promise.resolve(),
    forsake: () => usable.forsake(),
    // The bytes decide, not a language's rules; the padding of spaces that is left is met by checkJobName.
    jobColumn: (table, name) => table.string(name, 255).collate('utf8mb4_bin'),
    bytesType: 'longblob',
    tableOptions: (table) => {
      table.engine('InnoDB');
      table.charset('utf8mb4');
      table.collate('utf8mb4_bin');
    },
    sort: (thrown) => sortMysqlError(thrown, place),
  };
}

/** `config.url`: `mysql://host:port/database` or `mariadb://…`. */
export function openMysqlState(config: StateConfig, createdBy = 'liberate'): StateStore {
  return new KnexStore(mysqlDatabase(config), createdBy);
}
