import type { DatabaseKind, TestDatabase } from './database.ts';
import { createMariadb } from './mariadb.ts';
import { createPostgres } from './postgres.ts';
import { createSqlite } from './sqlite.ts';

export type { DatabaseKind, OwnSession, Session, TestDatabase, TextRow } from './database.ts';
export { createMariadb, createMariadbUser, openMariadb } from './mariadb.ts';
export { createPostgres, createPostgresRole, openPostgres } from './postgres.ts';
export { createSqlite, openSqlite } from './sqlite.ts';

/** For suites that run on each kind of database. */
export const createDatabase: Readonly<Record<DatabaseKind, () => Promise<TestDatabase>>> = {
  postgres: () => createPostgres(),
  mariadb: () => createMariadb(),
  sqlite: () => createSqlite(),
};
