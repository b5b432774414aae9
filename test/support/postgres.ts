import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { DatabaseFacts } from '../servers/facts.ts';
import { type OwnSession, type TestDatabase, type TestLogin, uniqueName, withDatabase, withLogin } from './database.ts';

export async function createPostgres(server: DatabaseFacts = inject('servers').postgres): Promise<TestDatabase> {
  const name = uniqueName('liberate');
  await asAdministrator(server.url, `CREATE DATABASE ${name}`);
  const url = withDatabase(server.url, name);
  const first = await openPostgres(url);
  return {
    kind: 'postgres',
    url,
    name,
    run: first.run,
    rows: first.rows,
    connect: () => openPostgres(url),
    [Symbol.asyncDispose]: async () => {
      await first[Symbol.asyncDispose]();
      await asAdministrator(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/**
 * A role that may log in and has only what `grants` say, each the part between GRANT and TO:
 * `SELECT ON ALL TABLES IN SCHEMA public`, `pg_read_all_stats`. Dispose of it before the database.
 */
export async function createPostgresRole(database: TestDatabase, { grants }: { readonly grants: readonly string[] }): Promise<TestLogin> {
  const user = uniqueName('reader');
  const password = randomBytes(12).toString('hex');
  await asAdministrator(
    database.url,
    [`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`, ...grants.map((grant) => `GRANT ${grant} TO ${user}`)].join(';'),
  );
  return {
    user,
    password,
    url: withLogin(database.url, user, password),
    [Symbol.asyncDispose]: () => asAdministrator(database.url, `DROP OWNED BY ${user}; DROP ROLE ${user}`),
  };
}

/** A session of any login. */
export async function openPostgres(url: string): Promise<OwnSession> {
  // Every value as the server's text: the parsers of pg round and shift.
  const types = { getTypeParser: () => (text: string | null) => text };
  const client = new pg.Client({ connectionString: url, types });
  // A server that is stopped on purpose ends its sessions: the next query tells, not the process.
  client.on('error', () => {});
  await client.connect();
  return {
    run: async (sql) => {
      await client.query(sql);
    },
    rows: async (sql) => {
      const result = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' });
      return result.rows;
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function asAdministrator(url: string, sql: string): Promise<void> {
  await using session = await openPostgres(url);
  await session.run(sql);
}
