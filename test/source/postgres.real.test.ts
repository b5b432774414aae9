import { expect, it } from 'vitest';
import { openPostgres } from '../../src/source/postgres/source.ts';
import { type SourceContract, sourceContract } from '../contract/source.ts';
import { postgresDialect } from '../contract/source-dialect.ts';
import { typesContract } from '../contract/source-types.ts';
import { createPostgres } from '../support/databases.ts';
import { postgresCases, postgresInternal, postgresTypes } from '../types/postgres.ts';

const contract: SourceContract = {
  kind: 'postgres',
  dialect: postgresDialect,
  create: async () => {
    const database = await createPostgres();
    await database.run(postgresTypes);
    return database;
  },
  open: openPostgres,
  types: postgresCases,
};

sourceContract(contract);
typesContract(contract);

it('has a case for each type that the server has of its own', async () => {
  await using db = await contract.create();
  const known = [...postgresCases.map(({ type }) => type), 'varchar', 'bpchar', 'varbit'];
  const bases = known
    .filter((type) => !/\[\]$/.test(type))
    .map((type) => `'${type.replace(/ COLLATE.*/, '').replaceAll("'", "''")}'::regtype::oid`);
  const rows = await db.rows(
    `SELECT t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE n.nspname = 'pg_catalog' AND t.typtype IN ('b', 'r', 'm') AND t.typcategory <> 'A' AND t.oid NOT IN (${bases.join(', ')})
     ORDER BY 1`,
  );
  expect(rows.map(([name]) => name)).toEqual(postgresInternal);
});
