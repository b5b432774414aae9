import type { Knex } from 'knex';
import { LiberateError } from '../../kit/errors.ts';
import { redactUrl } from '../../kit/redact.ts';
import { UsableConnections } from '../connection.ts';
import type { StateDatabase } from '../database.ts';
import { KnexStore } from '../knex-store.ts';
import type { StateConfig } from '../state-config.ts';
import type { StateStore } from '../state-store.ts';
import { connectPostgres } from './connect.ts';
import { sortPostgresError } from './errors.ts';

async function inspect(db: Knex, place: string): Promise<void> {
  const answer: { readonly rows: readonly { readonly schema: string | null }[] } = await db.raw('select current_schema() as schema');
  if (answer.rows[0]?.schema !== null) return;
  throw new LiberateError('LIB405', `${place}: none of the schemas in the search path is there`, {
    cure: 'Make the schema: CREATE SCHEMA, or name one that is there by `?schema=`.',
  });
}

function postgresDatabase(config: StateConfig): StateDatabase {
  const place = `the state database ${redactUrl(config.url)}`;
  const usable = new UsableConnections();
  return {
    place,
    clock: 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint',
    isolation: 'read committed',
    lock: null,
    connect: async () => connectPostgres(config, usable),
    inspect: (db) => inspect(db, place),
    // Ends with the transaction. Two numbers: a lock of the whole database, told apart by ours and the schema.
    lockSchema: async (trx) => void (await trx.raw("select pg_advisory_xact_lock(hashtext('liberate state'), hashtext(current_schema()))")),
    unlockSchema: () => Promise.resolve(),
    settle: () => Promise.resolve(),
    recover: () => Promise.resolve(),
    forsake: () => usable.forsake(),
    jobColumn: (table, name) => table.specificType(name, 'varchar(255) collate "C"'),
    bytesType: 'bytea',
    tableOptions: () => {},
    sort: (thrown) => sortPostgresError(thrown, place),
  };
}

/** `config.url`: `postgres://host:port/database?schema=name`; the tables are made in the first schema of the search path. */
export function openPostgresState(config: StateConfig, createdBy = 'liberate'): StateStore {
  return new KnexStore(postgresDatabase(config), createdBy);
}
