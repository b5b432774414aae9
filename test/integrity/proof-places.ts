import { Disposables } from '../../src/kit/disposables.ts';
import { startMariadb } from '../servers/mariadb.ts';
import { startPostgres, startStandby } from '../servers/postgres.ts';
import { withDatabase } from '../support/database.ts';
import { createMariadb, createPostgres, createSqlite, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { Reader } from './proof-settings.ts';
import { caughtUp } from './standby.ts';

/** Servers of a run's own, each started when it is first asked for. */
export interface Places extends AsyncDisposable {
  create(kind: DatabaseKind): Promise<TestDatabase>;
  /** Reads one of its PostgreSQL databases from a hot standby, which has all that is committed in it now. */
  follow(db: TestDatabase): Promise<Reader>;
}

export async function openPlaces(): Promise<Places> {
  const stack = new Disposables();
  const directory = stack.use(await temporaryDirectory('liberate-proof-'));
  const once = <T>(start: () => Promise<T>): (() => Promise<T>) => {
    let started: Promise<T> | null = null;
    return () => (started ??= start());
  };
  const postgres = once(async () => stack.use(await startPostgres(directory.path)));
  const standby = once(async () => stack.use(await startStandby(directory.path, (await postgres()).facts)));
  const mariadb = once(async () => stack.use(await startMariadb(directory.path)));
  const creating: Readonly<Record<DatabaseKind, () => Promise<TestDatabase>>> = {
    postgres: async () => createPostgres((await postgres()).facts),
    mariadb: async () => createMariadb((await mariadb()).facts),
    sqlite: createSqlite,
  };
  const follow = async (db: TestDatabase): Promise<Reader> => {
    const { url } = (await standby()).facts;
    const reached = (): Promise<void> => caughtUp(db, url);
    await reached();
    return { url: withDatabase(url, db.name), reached, [Symbol.asyncDispose]: async () => {} };
  };
  return { create: (kind) => creating[kind](), follow, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}
