import type { Knex } from 'knex';
import type { StateDatabase } from './database.ts';

/** What `liberate_meta` says, so that nobody else's table is taken for ours. */
export const magic = 'liberate state';

export const tables = {
  meta: 'liberate_meta',
  job: 'liberate_job',
  lease: 'liberate_lease',
  backfill: 'liberate_backfill',
  published: 'liberate_published',
  publishedHead: 'liberate_published_head',
  request: 'liberate_request',
} as const;

/**
 * A step from the version before to its own. MySQL commits after each CREATE, so a step must pass
 * when an earlier try of it was cut off anywhere: each table is made only where it is missing.
 */
type Migration = (trx: Knex.Transaction, database: StateDatabase) => Promise<void>;

/** Makes a table unless an earlier, interrupted try has made it. */
export async function createMissing(
  trx: Knex.Transaction,
  database: StateDatabase,
  name: string,
  build: (table: Knex.CreateTableBuilder) => void,
): Promise<void> {
  if (await trx.schema.hasTable(name)) return;
  await trx.schema.createTable(name, (table) => {
    build(table);
    database.tableOptions(table);
  });
}

/** Step N leads to version N + 1. Never edit a released one: add the next. */
export const migrations: readonly Migration[] = [
  async (trx, database) => {
    await createMissing(trx, database, tables.job, (table) => {
      database.jobColumn(table, 'job').notNullable().primary();
      table.text('state', 'longtext').nullable();
      table.string('state_sum', 16).nullable();
      table.bigInteger('committed_at').nullable();
      table.text('last_report', 'longtext').nullable();
      table.text('last_ok_report', 'longtext').nullable();
      table.bigInteger('published_total').notNullable().defaultTo(0);
      table.bigInteger('failures_in_a_row').notNullable().defaultTo(0);
    });
    await createMissing(trx, database, tables.lease, (table) => {
      database.jobColumn(table, 'job').notNullable().primary();
      table.text('holder').notNullable();
      table.bigInteger('fence').notNullable();
      // Milliseconds of the store's clock; 0 once released. The row stays: it remembers the fence.
      table.bigInteger('expires_at').notNullable();
    });
  },
  async (trx, database) => {
    await createMissing(trx, database, tables.backfill, (table) => {
      database.jobColumn(table, 'job').notNullable().primary();
      table.text('state', 'longtext').notNullable();
      table.string('state_sum', 16).notNullable();
    });
  },
  async (trx, database) => {
    await createMissing(trx, database, tables.published, (table) => {
      database.jobColumn(table, 'job').notNullable();
      // 0: the log.
      table.bigInteger('bucket').notNullable();
      // Of the log the segment's number, of a bucket how far the log is in it.
      table.bigInteger('seq').notNullable();
      table.integer('piece').notNullable();
      table.integer('sure').notNullable();
      table.integer('entries').notNullable();
      table.integer('bytes').notNullable();
      table.specificType('data', database.bytesType).notNullable();
      table.string('data_sum', 16).notNullable();
      table.primary(['job', 'bucket', 'seq', 'piece']);
    });
    await createMissing(trx, database, tables.publishedHead, (table) => {
      database.jobColumn(table, 'job').notNullable().primary();
      table.text('state', 'longtext').notNullable();
      table.string('state_sum', 16).notNullable();
    });
  },
  async (trx, database) => {
    await createMissing(trx, database, tables.request, (table) => {
      database.jobColumn(table, 'job').notNullable().primary();
      // A backfill that a command asks of the job's runner; it stands until then, in milliseconds of the store's clock.
      table.text('asker').notNullable();
      table.bigInteger('expires_at').notNullable();
      table.text('state', 'longtext').notNullable();
      table.string('state_sum', 16).notNullable();
      table.text('answer', 'longtext').nullable();
    });
    if (await trx.schema.hasColumn(tables.lease, 'wanted_until')) return;
    await trx.schema.alterTable(tables.lease, (table) => {
      // A runner that waits for the lease said so not long ago; milliseconds of the store's clock.
      table.bigInteger('wanted_until').notNullable().defaultTo(0);
    });
  },
];

/** The version that this program writes. */
export const schemaVersion = migrations.length;
