import { Disposables } from '../../src/kit/disposables.ts';
import { startMariadb } from '../servers/mariadb.ts';
import { startPostgres } from '../servers/postgres.ts';
import { createMariadb, createPostgres, createSqlite, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Servers of a run's own, each started when it is first asked for. */
export interface Places extends AsyncDisposable {
  create(kind: DatabaseKind): Promise<TestDatabase>;
}

export async function openPlaces(): Promise<Places> {
  const stack = new Disposables();
  const directory = stack.use(await temporaryDirectory('liberate-proof-'));
  const once = <T>(start: () => Promise<T>): (() => Promise<T>) => {
    let started: Promise<T> | null = null;
    return () => (started ??= start());
  };
  const postgres = once(async () => stack.use(await startPostgres(directory.path)));
  const mariadb = once(async () => stack.use(await startMariadb(directory.path)));
  const creating: Readonly<Record<DatabaseKind, () => Promise<TestDatabase>>> = {
    postgres: async () => createPostgres((await postgres()).facts),
    mariadb: async () => createMariadb((await mariadb()).facts),
    sqlite: createSqlite,
  };
  return { create: (kind) => creating[kind](), [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}
