import type { Knex } from 'knex';
import { LiberateError } from '../kit/errors.ts';
import type { StateDatabase } from './database.ts';
import { createMissing, magic, migrations, schemaVersion, tables } from './migrations.ts';
import { integer, type Row } from './rows.ts';

/** Every table but the one that tells whose they are. */
const ours: readonly string[] = Object.values(tables).filter((name) => name !== tables.meta);

function foreign(database: StateDatabase, found: string): LiberateError {
  return new LiberateError('LIB403', `${database.place} is not a state of liberate: ${found}`);
}

/**
 * The schema's version, or null where it is still to be begun. A meta table without a row counts as that: it is
 * our own, cut off between its CREATE and its INSERT, which MySQL cannot do in one transaction.
 */
async function foundVersion(trx: Knex.Transaction, database: StateDatabase): Promise<number | null> {
  if (!(await trx.schema.hasTable(tables.meta))) {
    for (const name of ours) {
      if (await trx.schema.hasTable(name)) throw foreign(database, `it has a table ${name} and no ${tables.meta}`);
    }
    return null;
  }
  if (!(await trx.schema.hasColumn(tables.meta, 'magic')) || !(await trx.schema.hasColumn(tables.meta, 'version'))) {
    throw foreign(database, `its table ${tables.meta} is another program's`);
  }
  const rows: readonly Row[] = await trx(tables.meta).select('magic', 'version');
  const [row] = rows;
  if (row === undefined) return null;
  if (rows.length > 1 || row['magic'] !== magic) throw foreign(database, `its table ${tables.meta} is another program's`);
  return Number(integer(row['version'], 'the version'));
}

function refuseNewer(database: StateDatabase, version: number): void {
  if (version <= schemaVersion) return;
  const message = `${database.place} has version ${version} of the state's schema; this liberate knows ${schemaVersion}`;
  throw new LiberateError('LIB404', message);
}

async function createMeta(trx: Knex.Transaction, database: StateDatabase, createdBy: string): Promise<void> {
  await createMissing(trx, database, tables.meta, (table) => {
    table.string('magic', 32).notNullable();
    table.integer('version').notNullable();
    table.string('created_by', 64).notNullable();
  });
  await trx(tables.meta).insert({ magic, version: 0, created_by: createdBy });
}

/** Every right that the store needs, asked for without changing a row: a read-only state must be refused now, not at the first commit. */
async function probeWriting(trx: Knex.Transaction): Promise<void> {
  for (const name of ours) {
    await trx(name).where({ job: '' }).update({ job: '' });
    await trx.raw('insert into ?? select * from ?? where 1 = 0', [name, name]);
  }
}

/**
 * Brings the schema to this version, under a lock that lets one process at a time in: of two that
 * start at once, the second finds the work done.
 */
export async function migrate(trx: Knex.Transaction, database: StateDatabase, createdBy: string): Promise<void> {
  await database.lockSchema(trx);
  try {
    const found = await foundVersion(trx, database);
    refuseNewer(database, found ?? 0);
    if (found === null) await createMeta(trx, database, createdBy);
    for (const [at, step] of migrations.entries()) {
      if (at < (found ?? 0)) continue;
      await step(trx, database);
      await trx(tables.meta).update({ version: at + 1 });
    }
    await probeWriting(trx);
  } finally {
    await database.unlockSchema(trx);
  }
}
