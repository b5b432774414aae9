import { randomBytes } from 'node:crypto';
import mysql, { type FieldPacket } from 'mysql2/promise';
import { inject } from 'vitest';
import type { DatabaseFacts } from '../servers/facts.ts';
import { type OwnSession, type TestDatabase, type TestLogin, type TextRow, uniqueName, withDatabase, withLogin } from './database.ts';

export async function createMariadb(server: DatabaseFacts = inject('servers').mariadb): Promise<TestDatabase> {
  const name = uniqueName('liberate');
  await asAdministrator(server.url, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const url = withDatabase(server.url, name);
  const first = await openMariadb(url);
  return {
    kind: 'mariadb',
    url,
    name,
    run: first.run,
    rows: first.rows,
    connect: () => openMariadb(url),
    [Symbol.asyncDispose]: async () => {
      await first[Symbol.asyncDispose]();
      await dropDatabase(server.url, name);
    },
  };
}

/**
 * A user that has only what `grants` say, each the part between GRANT and TO: `SELECT ON shop.*`.
 * Dispose of it before the database.
 */
export async function createMariadbUser(database: TestDatabase, { grants }: { readonly grants: readonly string[] }): Promise<TestLogin> {
  const user = uniqueName('reader');
  const password = randomBytes(12).toString('hex');
  await asAdministrator(
    database.url,
    [`CREATE USER ${user}@'%' IDENTIFIED BY '${password}'`, ...grants.map((grant) => `GRANT ${grant} TO ${user}@'%'`)].join(';'),
  );
  return {
    user,
    password,
    url: withLogin(database.url, user, password),
    [Symbol.asyncDispose]: () => asAdministrator(database.url, `DROP USER ${user}@'%'`),
  };
}

/** A session of any login, in UTC. */
export async function openMariadb(url: string): Promise<OwnSession> {
  const connection = await mysql.createConnection({
    // mysql2 knows the older name of the scheme only.
    uri: url.replace(/^mariadb:/, 'mysql:'),
    multipleStatements: true,
    rowsAsArray: true,
    charset: 'utf8mb4',
    typeCast: (field: { buffer(): Buffer | null }) => field.buffer(),
  });
  // A server that is stopped on purpose ends its sessions: the next query tells, not the process.
  connection.on('error', () => {});
  await connection.query("SET time_zone = '+00:00'");
  return {
    run: async (sql) => {
      await connection.query(sql);
    },
    rows: async (sql) => {
      const [rows, fields] = await connection.query<mysql.RowDataPacket[][]>(sql);
      return rows.map((row) => textRow(row as unknown as readonly (Buffer | null)[], fields));
    },
    [Symbol.asyncDispose]: async () => connection.destroy(),
  };
}

/** DROP DATABASE waits for open transactions on its tables, so their sessions are ended first. */
async function dropDatabase(url: string, name: string): Promise<void> {
  await using session = await openMariadb(url);
  const open = await session.rows(`SELECT id FROM information_schema.processlist WHERE db = '${name}'`);
  for (const [id] of open) await session.run(`KILL ${id}`).catch(() => {}); // It may have ended by itself.
  await session.run(`DROP DATABASE IF EXISTS ${name}`);
}

const binaryCharset = 63;
const { BIT, BLOB, STRING, VAR_STRING } = mysql.Types;
/** Numbers and times have the binary character set as well, but are text. */
const byteTypes: ReadonlySet<number | undefined> = new Set([BIT, BLOB, STRING, VAR_STRING]);

function textRow(row: readonly (Buffer | null)[], fields: readonly FieldPacket[]): TextRow {
  return row.map((bytes, index) => {
    if (bytes === null) return null;
    const field = fields[index];
    const isBytes = field?.characterSet === binaryCharset && byteTypes.has(field.columnType);
    return isBytes ? `\\x${bytes.toString('hex')}` : bytes.toString('utf8');
  });
}

async function asAdministrator(url: string, sql: string): Promise<void> {
  await using session = await openMariadb(url);
  await session.run(sql);
}
