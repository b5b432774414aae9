import { openPostgres } from '../../src/source/postgres/source.ts';
import { sourceContract } from '../contract/source.ts';
import { postgresDialect } from '../contract/source-dialect.ts';
import { createPostgres } from '../support/databases.ts';
import { postgresKeys, postgresTypes, postgresValues } from './postgres/values.ts';

sourceContract({
  kind: 'postgres',
  dialect: postgresDialect,
  create: async () => {
    const database = await createPostgres();
    await database.run(postgresTypes);
    return database;
  },
  open: openPostgres,
  values: postgresValues,
  keys: postgresKeys,
});
