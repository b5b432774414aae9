import { describe, expect, inject, test } from 'vitest';
import {
  createDatabase,
  createMariadb,
  createMariadbUser,
  createPostgres,
  createPostgresRole,
  type DatabaseKind,
  openMariadb,
  openPostgres,
} from './databases.ts';

describe.each<DatabaseKind>(['postgres', 'mariadb', 'sqlite'])('%s', (kind) => {
  test('many statements run at once, and rows come back as exact text', async () => {
    await using database = await createDatabase[kind]();
    await database.run(`
      CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(20));
      INSERT INTO t VALUES (9007199254740993, 'Zoë ☂'), (2, NULL);
    `);
    expect(await database.rows('SELECT id, name FROM t ORDER BY id')).toEqual([
      ['2', null],
      ['9007199254740993', 'Zoë ☂'],
    ]);
  });

  test('a second session sees a transaction only after its commit', async () => {
    await using database = await createDatabase[kind]();
    if (kind === 'sqlite') await database.run('PRAGMA journal_mode = WAL');
    await database.run('CREATE TABLE t (id INT PRIMARY KEY)');
    await using writer = await database.connect();
    await writer.run('BEGIN; INSERT INTO t VALUES (1)');
    expect(await database.rows('SELECT count(*) FROM t')).toEqual([['0']]);
    await writer.run('COMMIT');
    expect(await database.rows('SELECT count(*) FROM t')).toEqual([['1']]);
  });
});

test('bytes are written the same on each server', async () => {
  await using postgres = await createPostgres();
  await using mariadb = await createMariadb();
  await using sqlite = await createDatabase.sqlite();
  expect(await postgres.rows(String.raw`SELECT '\x00ff'::bytea`)).toEqual([['\\x00ff']]);
  await mariadb.run(
    "CREATE TABLE b (v VARBINARY(9), f BINARY(2), l BLOB, b BIT(9), t TEXT, j JSON); INSERT INTO b VALUES (x'00ff', x'00ff', x'00ff', 257, 'ü', '{\"a\":1.10}')",
  );
  expect(await mariadb.rows('SELECT * FROM b')).toEqual([['\\x00ff', '\\x00ff', '\\x00ff', '\\x0101', 'ü', '{"a":1.10}']]);
  expect(await sqlite.rows("SELECT x'00ff', 1.0, 0.1")).toEqual([['\\x00ff', '1.0', '0.1']]);
});

test('numbers and times of MariaDB are its own text', async () => {
  await using database = await createMariadb();
  const [row] = await database.rows(
    "SELECT 18446744073709551615, 1.10, CAST('2024-02-29 01:02:03.000456' AS DATETIME(6)), CAST('-838:59:59' AS TIME), 1e0, DATE '2024-01-01'",
  );
  expect(row).toEqual(['18446744073709551615', '1.10', '2024-02-29 01:02:03.000456', '-838:59:59', '1', '2024-01-01']);
});

test('a database is dropped at the end, also with an open transaction in another session', async () => {
  const postgres = await createPostgres();
  const held = await postgres.connect();
  await held.run('CREATE TABLE t (id INT); BEGIN; INSERT INTO t VALUES (1)');
  const mariadb = await createMariadb();
  const alsoHeld = await mariadb.connect();
  await alsoHeld.run('CREATE TABLE t (id INT); BEGIN; INSERT INTO t VALUES (1)');
  await postgres[Symbol.asyncDispose]();
  await mariadb[Symbol.asyncDispose]();

  const servers = inject('servers');
  await using postgresServer = await openPostgres(servers.postgres.url);
  await using mariadbServer = await openMariadb(servers.mariadb.url);
  expect(await postgresServer.rows(`SELECT 1 FROM pg_database WHERE datname = '${postgres.name}'`)).toEqual([]);
  expect(await mariadbServer.rows(`SELECT 1 FROM information_schema.schemata WHERE schema_name = '${mariadb.name}'`)).toEqual([]);
  await expect(held.rows('SELECT 1')).rejects.toThrow();
  await expect(alsoHeld.rows('SELECT 1')).rejects.toThrow();
});

test('a role has what it was granted and no more', async () => {
  await using database = await createPostgres();
  await database.run('CREATE TABLE t (id INT); INSERT INTO t VALUES (1)');
  await using role = await createPostgresRole(database, { grants: ['SELECT ON ALL TABLES IN SCHEMA public'] });
  await using session = await openPostgres(role.url);
  expect(await session.rows('SELECT id FROM t')).toEqual([['1']]);
  await expect(session.run('INSERT INTO t VALUES (2)')).rejects.toMatchObject({ code: '42501' });
});

test('a MariaDB user has what it was granted and no more', async () => {
  await using database = await createMariadb();
  await database.run('CREATE TABLE t (id INT); INSERT INTO t VALUES (1)');
  await using user = await createMariadbUser(database, { grants: [`SELECT ON ${database.name}.*`] });
  await using session = await openMariadb(user.url);
  expect(await session.rows('SELECT id FROM t')).toEqual([['1']]);
  await expect(session.run('INSERT INTO t VALUES (2)')).rejects.toMatchObject({ code: 'ER_TABLEACCESS_DENIED_ERROR' });
});
