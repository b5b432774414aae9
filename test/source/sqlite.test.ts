import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Column, Relation } from '../../src/model/column.ts';
import { type Row, rowsOf } from '../../src/model/row.ts';
import type { Watermark } from '../../src/model/watermark.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import type { Source } from '../../src/source/source.ts';
import type { SourceConfig } from '../../src/source/source-config.ts';
import { compareStored } from '../../src/source/sqlite/functions.ts';
import { fromLiteral, type Stored, toLiteral } from '../../src/source/sqlite/literal.ts';
import { openSqlite } from '../../src/source/sqlite/source.ts';
import { type SourceContract, sourceConfig, sourceContract } from '../contract/source.ts';
import { sqliteDialect } from '../contract/source-dialect.ts';
import { typesContract } from '../contract/source-types.ts';
import { createSqlite, type TestDatabase } from '../support/databases.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { sqliteCases } from '../types/sqlite.ts';

const never = new AbortController().signal;

const config = (path: string, more: Partial<SourceConfig> = {}): SourceConfig => sourceConfig('sqlite', path, { timezone: null, ...more });

const contract: SourceContract = {
  kind: 'sqlite',
  dialect: sqliteDialect,
  create: createSqlite,
  open: openSqlite,
  types: sqliteCases,
  skips: { 'two columns of one name': 'SQLite itself tells them apart, as `a` and `a:1`' },
};

sourceContract(contract);
typesContract(contract);

/** A table of whole numbers, both ends inclusive, in its column `value`. */
const series = (from: number, to: number): string =>
  `(WITH RECURSIVE s (value) AS (SELECT ${from} UNION ALL SELECT value + 1 FROM s WHERE value < ${to}) SELECT value FROM s)`;

const table = (name: string): Relation => ({ kind: 'table', table: { schema: null, name } });
const query = (text: string): Relation => ({ kind: 'query', text });

interface Wanted extends Partial<Omit<ReadRequest, 'cursor' | 'key' | 'columns' | 'relation'>> {
  readonly cursor?: readonly string[];
  readonly key?: readonly string[];
}

/** A request by names of columns; every column is read. */
async function request(source: Source, relation: Relation, wanted: Wanted): Promise<ReadRequest> {
  const { columns } = await source.describe(relation, never);
  const named = (names: readonly string[] = []): readonly Column[] =>
    names.map((name) => columns.find((column) => column.name === name) as Column);
  return {
    relation,
    columns,
    where: null,
    window: { kind: 'all' },
    page: null,
    recentFrom: null,
    sample: null,
    limit: null,
    ...wanted,
    cursor: named(wanted.cursor),
    key: named(wanted.key),
  };
}

interface Read {
  readonly rows: readonly Row[];
  readonly safe: Watermark | null;
}

async function readAll(source: Source, wanted: ReadRequest): Promise<Read> {
  const rows: Row[] = [];
  let safe: Watermark | null = null;
  for await (const batch of source.read(wanted, never)) {
    rows.push(...rowsOf(batch));
    safe = batch.safe;
  }
  return { rows, safe };
}

/** Page by page, each after the last row of the one before. */
async function readPages(source: Source, wanted: ReadRequest): Promise<readonly Row[]> {
  const all: Row[] = [];
  for (let page: Watermark | null = null; ; ) {
    const { rows }: Read = await readAll(source, { ...wanted, page });
    all.push(...rows);
    if (rows.length < (wanted.limit as number)) return all;
    page = (rows.at(-1) as Row).position;
  }
}

async function withDatabase(sql: string, body: (with_: { database: TestDatabase; source: Source }) => Promise<void>): Promise<void> {
  await using database = await createSqlite();
  await database.run(sql);
  await using source = openSqlite(config(database.name));
  await body({ database, source });
}

describe('a file of SQLite', () => {
  it('is never made when it is missing', async () => {
    await using folder = await temporaryDirectory();
    for (const path of [join(folder.path, 'none.db'), join(folder.path, 'none', 'none.db')]) {
      await using source = openSqlite(config(path));
      const message = expect.stringMatching(/none\.db cannot be opened: there is no such file/);
      await expect(source.check(never)).rejects.toMatchObject({ code: 'LIB201', message, cure: expect.stringContaining('existing') });
      expect(existsSync(path)).toBe(false);
    }
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('is refused when it is a folder', async () => {
    await using folder = await temporaryDirectory();
    await using source = openSqlite(config(folder.path));
    await expect(source.check(never)).rejects.toMatchObject({ code: 'LIB201', message: expect.stringContaining('it is a folder') });
  });

  it('is refused for good when it is no database', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'letter.db');
    writeFileSync(path, 'Dear reader, this is no database. '.repeat(100));
    await using source = openSqlite(config(path));
    const refused = { code: 'LIB202', transient: false, message: expect.stringContaining('is not an SQLite database') };
    await expect(source.check(never)).rejects.toMatchObject(refused);
    await expect(source.tables(never)).rejects.toMatchObject(refused);
  });

  it('says its version and what its journal mode means', () =>
    withDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY)', async ({ database, source }) => {
      const before = await source.check(never);
      expect(before).toMatchObject({ version: expect.stringMatching(/^SQLite 3\.\d+\.\d+$/), defaultSchema: null, database: 'test.db' });
      expect(before.remarks).toEqual([expect.stringContaining('journal_mode = WAL')]);
      await database.run('PRAGMA journal_mode = WAL');
      expect((await source.check(never)).remarks).toEqual([]);
    }));

  it('is not written to', () =>
    withDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY)', async ({ database, source }) => {
      await expect(source.describe(query('DELETE FROM t RETURNING id'), never)).rejects.toMatchObject({ code: 'LIB207' });
      await using writing = openSqlite(config(database.name, { session: ['INSERT INTO t VALUES (1)'] }));
      await expect(writing.check(never)).rejects.toMatchObject({ message: expect.stringContaining('SQLITE_READONLY') });
      expect(await database.rows('SELECT * FROM t')).toEqual([]);
    }));

  it('is opened anew when another takes its place', () =>
    withDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)', async ({ database, source }) => {
      const wanted = await request(source, table('t'), { key: ['id'] });
      expect((await readAll(source, wanted)).rows.map(({ values }) => values)).toEqual([[1n]]);
      await using backup = await createSqlite();
      await backup.run('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (2), (3)');
      renameSync(backup.name, database.name);
      expect((await readAll(source, wanted)).rows.map(({ values }) => values)).toEqual([[2n], [3n]]);
    }));

  it('is tried again later when a writer keeps it locked', () =>
    withDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY)', async ({ database }) => {
      await using source = openSqlite(config(database.name, { session: ['PRAGMA busy_timeout = 20'] }));
      await database.run('BEGIN EXCLUSIVE');
      await expect(source.tables(never)).rejects.toMatchObject({ code: 'LIB210', transient: true });
      await database.run('COMMIT');
      expect(await source.tables(never)).toHaveLength(1);
    }));

  it('runs the statements of `session` on each connection', () =>
    withDatabase('CREATE TABLE t (a TEXT)', async ({ database }) => {
      await using source = openSqlite(config(database.name, { session: ['PRAGMA case_sensitive_like = ON'] }));
      const wanted = await request(source, query("SELECT 'a' LIKE 'A' AS same"), { key: ['same'] });
      expect((await readAll(source, wanted)).rows[0]?.values).toEqual([0n]);
    }));
});

describe('the tables of SQLite', () => {
  it('are listed with views and virtual tables, without what belongs to SQLite or to a virtual table', () =>
    withDatabase(
      `CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE sqlitefan (a); CREATE VIEW a AS SELECT * FROM b;
       CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO b DEFAULT VALUES; ANALYZE`,
      async ({ source }) => {
        expect(await source.tables(never)).toEqual(['a', 'b', 'sqlitefan', 'words'].map((name) => ({ schema: null, name })));
      },
    ));

  it('are described with generated columns, declared types and a key in its own order', () =>
    withDatabase(
      'CREATE TABLE t (b TEXT NOT NULL, a BIGINT, doubled INTEGER AS (a * 2), stored INTEGER AS (a * 3) STORED, at TIMESTAMP NOT NULL, plain, PRIMARY KEY (a, b))',
      async ({ source }) => {
        const shape = await source.describe({ kind: 'table', table: { schema: 'main', name: 'T' } }, never);
        expect(shape.columns.map(({ name, native, nullable, type }) => [name, native, nullable, type.kind])).toEqual([
          ['b', 'TEXT', false, 'dynamic'],
          // SQLite lets NULL into a primary key that does not say NOT NULL.
          ['a', 'BIGINT', true, 'dynamic'],
          ['doubled', 'INTEGER', true, 'dynamic'],
          ['stored', 'INTEGER', true, 'dynamic'],
          ['at', 'TIMESTAMP', false, 'dynamic'],
          ['plain', 'ANY', true, 'dynamic'],
        ]);
        expect(shape.primaryKey).toEqual(['a', 'b']);
        expect(shape.remarks).toEqual([]);
      },
    ));

  it('tell defaults, and what a STRICT table and the rowid really store; of any other column nothing', () =>
    withDatabase(
      "CREATE TABLE loose (id INTEGER PRIMARY KEY, note TEXT DEFAULT 'none', n INT DEFAULT 5); CREATE TABLE kept (a INT, r REAL, t TEXT, b BLOB, x ANY) STRICT",
      async ({ source }) => {
        const facts = async (name: string): Promise<unknown> =>
          (await source.describe(table(name), never)).columns.map((column) => [column.name, column.facts]);
        expect(await facts('loose')).toEqual([
          ['id', { stored: 'integer' }],
          ['note', { default: "'none'" }],
          ['n', { default: '5' }],
        ]);
        expect(await facts('kept')).toEqual([
          ['a', { stored: 'integer' }],
          ['r', { stored: 'real' }],
          ['t', { stored: 'text' }],
          ['b', { stored: 'blob' }],
          ['x', {}],
        ]);
      },
    ));

  it('are described without ROWID as well', () =>
    withDatabase(
      'CREATE TABLE t (a TEXT, b INTEGER, c TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID; CREATE INDEX t_c ON t (c)',
      async ({ source }) => {
        const shape = await source.describe(table('t'), never);
        expect(shape.primaryKey).toEqual(['b', 'a']);
        expect(shape.columns.map(({ nullable }) => nullable)).toEqual([false, false, true]);
        expect(shape.indexes).toEqual([
          { name: 'sqlite_autoindex_t_1', columns: ['b', 'a'], unique: true },
          { name: 't_c', columns: ['c', 'b', 'a'], unique: false },
        ]);
      },
    ));

  it('have indexes only where they give an order to read in', () =>
    withDatabase(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP, email TEXT UNIQUE, n INTEGER);
       CREATE INDEX t_at ON t (at); CREATE INDEX t_at_n ON t (at, n); CREATE INDEX t_down ON t (at DESC, n DESC);
       CREATE INDEX t_mixed ON t (at, n DESC); CREATE INDEX t_part ON t (at) WHERE n > 0; CREATE INDEX t_lower ON t (lower(email));
       CREATE UNIQUE INDEX t_expr ON t (at, lower(email))`,
      async ({ source }) => {
        expect((await source.describe(table('t'), never)).indexes).toEqual([
          { name: 'PRIMARY KEY', columns: ['id'], unique: true },
          { name: 'sqlite_autoindex_t_1', columns: ['email'], unique: true },
          { name: 't_at', columns: ['at', 'id'], unique: false },
          { name: 't_at_n', columns: ['at', 'n', 'id'], unique: false },
          { name: 't_down', columns: ['at', 'n'], unique: false },
          { name: 't_mixed', columns: ['at'], unique: false },
        ]);
      },
    ));

  it('are remarked on when a deleted id can come again', () =>
    withDatabase(
      `CREATE TABLE again (id INTEGER PRIMARY KEY, "AUTOINCREMENT" TEXT /* not AUTOINCREMENT */ DEFAULT 'AUTOINCREMENT');
       CREATE TABLE never (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE int (id INT PRIMARY KEY)`,
      async ({ source }) => {
        expect((await source.describe(table('again'), never)).idRemarks).toEqual([expect.stringContaining('AUTOINCREMENT')]);
        expect((await source.describe(table('never'), never)).idRemarks).toEqual([]);
        expect((await source.describe(table('int'), never)).idRemarks).toEqual([]);
      },
    ));

  it('are missing as LIB203, also in a schema that SQLite has not', () =>
    withDatabase('CREATE TABLE t (a)', async ({ source }) => {
      await expect(source.describe(table('nope'), never)).rejects.toMatchObject({
        code: 'LIB203',
        message: expect.stringContaining('nope'),
      });
      await expect(source.describe({ kind: 'table', table: { schema: 'public', name: 't' } }, never)).rejects.toMatchObject({
        code: 'LIB203',
      });
    }));

  it('give a query their declared types, and a query that SQLite refuses is LIB207 with its words', () =>
    withDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP)', async ({ source }) => {
      const shape = await source.describe(query('SELECT id, max(at) AS latest, at FROM t GROUP BY id -- all of them'), never);
      expect(shape.columns.map(({ name, native }) => [name, native])).toEqual([
        ['id', 'INTEGER'],
        ['latest', 'ANY'],
        ['at', 'TIMESTAMP'],
      ]);
      await expect(source.describe(query('SELECT nope FROM t'), never)).rejects.toMatchObject({
        code: 'LIB204',
        message: expect.stringContaining('nope'),
      });
      await expect(source.describe(query('SELECT id FROM t WHERE'), never)).rejects.toMatchObject({
        code: 'LIB207',
        message: expect.stringContaining('syntax error'),
      });
      await expect(source.describe(query('SELECT 1) q; DROP TABLE t; --'), never)).rejects.toMatchObject({ code: 'LIB207' });
      expect(await source.tables(never)).toHaveLength(1);
    }));

  it('tell a query by its columns as they are now, whatever another connection has changed since the last look', () =>
    withDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY)', async ({ database, source }) => {
      const named = async (): Promise<readonly string[]> => {
        const { columns } = await source.describe(query('SELECT * FROM t'), never);
        return columns.map(({ name }) => name);
      };
      expect(await named()).toEqual(['id']);
      await database.run('ALTER TABLE t ADD COLUMN extra INTEGER');
      expect(await named()).toEqual(['id', 'extra']);
      await database.run('ALTER TABLE t DROP COLUMN extra');
      expect(await named()).toEqual(['id']);
    }));
});

/** Some of each storage class, in SQLite's order. */
const mixed: readonly Stored[] = [
  Number.NEGATIVE_INFINITY,
  -9223372036854775808n,
  -1.5,
  0n,
  5n,
  5.5,
  9007199254740992n,
  9007199254740993n,
  9223372036854775807n,
  1e300,
  Number.POSITIVE_INFINITY,
  '',
  '5',
  "it's",
  'z',
  '\uFFFD',
  '🦊',
  Buffer.alloc(0),
  Buffer.from([0, 255]),
  Buffer.from('z'),
];

describe('values of every storage class in one column', () => {
  const rows = mixed.map((value, at) => `(${toLiteral(value)}, ${at})`).join(', ');

  it.each(['ANY', 'BLOB', ''])('are read exactly and in order, as cursor and as key, from a column declared "%s"', (declared) =>
    withDatabase(
      `CREATE TABLE t (v ${declared === 'ANY' ? '' : declared}, n INTEGER); INSERT INTO t VALUES ${rows}`,
      async ({ source }) => {
        for (const order of [{ cursor: ['v'], key: ['n'] }, { cursor: ['v'], key: ['v'] }, { key: ['v'] }]) {
          const wanted = await request(source, table('t'), { ...order, limit: 3 });
          const found = await readPages(source, wanted);
          expect(found.map(({ values }) => values[0])).toEqual(mixed);
          expect(found.map(({ position }) => position[0])).toEqual(mixed.map(toLiteral));
        }
      },
    ),
  );

  it('keep their order through an expression of a query, which has no affinity', () =>
    withDatabase(`CREATE TABLE t (v, n INTEGER); INSERT INTO t VALUES ${rows}`, async ({ source }) => {
      const wanted = await request(source, query('SELECT coalesce(v, n) AS v, n FROM t'), { cursor: ['v'], key: ['n'], limit: 4 });
      expect((await readPages(source, wanted)).map(({ values }) => values[0])).toEqual(mixed);
    }));

  it.each(['TEXT', 'INTEGER', 'REAL', 'TIMESTAMP'])('keep the order they have once they are stored in a column declared %s', (declared) =>
    withDatabase(`CREATE TABLE t (v ${declared}, n INTEGER); INSERT INTO t VALUES ${rows}`, async ({ source }) => {
      const wanted = await request(source, table('t'), { cursor: ['v'], key: ['n'], limit: 3 });
      const found = await readPages(source, wanted);
      expect(found).toHaveLength(mixed.length);
      const values = found.map(({ values: [value] }) => value as Stored);
      expect(values.map(toLiteral)).toEqual([...values].sort(compareStored).map(toLiteral));
      expect(
        found.map(({ position }) => compareStored(fromLiteral(position[0] as string) as Stored, found[0]?.values[0] as Stored) >= 0),
      ).not.toContain(false);
    }),
  );

  it.each([
    ['', 'q.v'],
    ['TEXT', 'q.v'],
    ['INTEGER', 'q.v'],
  ])('all lie between the bounds that stand for none in a column declared "%s"', (declared) =>
    withDatabase(`CREATE TABLE t (v ${declared}, n INTEGER); INSERT INTO t VALUES ${rows}`, async ({ source }) => {
      const wanted = await request(source, query('SELECT v, n FROM t WHERE v >= :since AND v < :until'), { cursor: ['v'], key: ['n'] });
      expect((await readAll(source, wanted)).rows).toHaveLength(mixed.length);
    }),
  );
});

describe('a key of SQLite', () => {
  it('without ROWID is read page by page', () =>
    withDatabase(
      `CREATE TABLE t (a TEXT, b INTEGER, PRIMARY KEY (b, a)) WITHOUT ROWID;
       INSERT INTO t SELECT char(97 + value % 7), value / 7 FROM ${series(0, 699)}`,
      async ({ source }) => {
        const wanted = await request(source, table('t'), { key: ['b', 'a'], limit: 64 });
        const found = await readPages(source, wanted);
        expect(found.map(({ values }) => values)).toEqual(
          Array.from({ length: 700 }, (_, at) => [String.fromCharCode(97 + (at % 7)), BigInt(Math.floor(at / 7))]),
        );
      },
    ));

  it('that holds NULL is refused with the column', () =>
    withDatabase("CREATE TABLE t (a TEXT PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (NULL, 1), ('x', 2)", async ({ source }) => {
      const wanted = await request(source, table('t'), { key: ['a'] });
      await expect(readAll(source, wanted)).rejects.toMatchObject({ code: 'LIB211', place: { column: 'a' } });
    }));
});

describe('a look-back of SQLite', () => {
  it('is printed in the form of the stamps it is compared with', () =>
    withDatabase(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, text TIMESTAMP, iso TEXT, s INTEGER, ms INTEGER, julian REAL);
       INSERT INTO t SELECT value, datetime(1800000000 + value, 'unixepoch'), strftime('%Y-%m-%dT%H:%M:%fZ', 1800000000 + value, 'unixepoch'),
         1800000000 + value, (1800000000 + value) * 1000, julianday(1800000000 + value, 'unixepoch') FROM ${series(1, 60)}`,
      async ({ source }) => {
        const floor = 1_800_000_050_000_000n;
        for (const cursor of ['text', 'iso', 's', 'ms', 'julian']) {
          const whole = await request(source, table('t'), { cursor: [cursor], key: ['id'] });
          const mark = (await source.last(whole, never)) as Watermark;
          const window = { kind: 'after', mark, floor, tied: false } as const;
          const { rows } = await readAll(source, { ...whole, window, recentFrom: floor + 5_000_000n, sample: mark[0] as string });
          // From second 50 on; all of them are met again, those from 55 on will be so once more.
          expect([cursor, rows.map(({ values }) => values[0])]).toEqual([cursor, Array.from({ length: 11 }, (_, at) => BigInt(50 + at))]);
          expect(rows.every(({ ahead }) => !ahead)).toBe(true);
          expect(rows.filter(({ recent }) => recent).map(({ values }) => values[0])).toEqual([55n, 56n, 57n, 58n, 59n, 60n]);
        }
      },
    ));

  it('lasts five seconds unless the job says otherwise', () =>
    withDatabase('CREATE TABLE t (a)', async ({ source }) => {
      const before = BigInt(Date.now()) * 1000n;
      const own = await source.horizon(null, never);
      expect(own.now).toBeGreaterThanOrEqual(before);
      expect(own.now).toBeLessThanOrEqual(BigInt(Date.now()) * 1000n);
      expect(own).toMatchObject({ floor: own.now - 5_000_000n, method: 'single writer; lookback 5s' });
      const longer = await source.horizon(60_000, never);
      expect(longer).toMatchObject({ floor: longer.now - 60_000_000n, method: 'single writer; lookback 1m' });
    }));
});

describe('greatest and least in a query', () => {
  it('run on SQLite as on the other databases', () =>
    withDatabase(
      `CREATE TABLE o (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL); CREATE TABLE c (o INTEGER, at TIMESTAMP);
       INSERT INTO o VALUES (1, '2026-01-01 00:00:00'), (2, '2026-01-03 00:00:00'); INSERT INTO c VALUES (1, '2026-01-02 00:00:00')`,
      async ({ source }) => {
        const text = 'SELECT o.id, GREATEST(o.at, c.at) AS latest, LEAST(o.at, c.at) AS first FROM o LEFT JOIN c ON c.o = o.id';
        const wanted = await request(source, query(text), { cursor: ['latest'], key: ['id'] });
        expect((await readAll(source, wanted)).rows.map(({ values }) => values)).toEqual([
          [1n, '2026-01-02 00:00:00', '2026-01-01 00:00:00'],
          [2n, '2026-01-03 00:00:00', '2026-01-03 00:00:00'],
        ]);
      },
    ));
});

describe('an estimate of SQLite', () => {
  it('is the count where ids lie close, and none where it would be dear', () =>
    withDatabase(
      `CREATE TABLE close (id INTEGER PRIMARY KEY); INSERT INTO close SELECT value * 3 FROM ${series(1, 100)};
       CREATE TABLE wide (id INTEGER PRIMARY KEY); INSERT INTO wide VALUES (1), (4611686018427387904);
       CREATE TABLE empty (id INTEGER PRIMARY KEY); CREATE VIEW seen AS SELECT * FROM close;
       CREATE TABLE own (rowid TEXT); INSERT INTO own VALUES ('x'); CREATE TABLE keyed (id INTEGER PRIMARY KEY) WITHOUT ROWID`,
      async ({ source }) => {
        const estimate = async (relation: Relation, more: Wanted = {}) => source.estimate(await request(source, relation, more), never);
        expect(await estimate(table('close'))).toBe(100);
        expect(await estimate(table('empty'))).toBe(0);
        for (const name of ['wide', 'seen', 'own', 'keyed']) expect([name, await estimate(table(name))]).toEqual([name, null]);
        expect(await estimate(query('SELECT * FROM close'))).toBeNull();
        expect(await estimate(table('close'), { where: 'id > 10' })).toBeNull();
      },
    ));
});

/** Inserts ten rows a transaction into `t`, until its input ends, and tells each hundredth id. */
const writer = `
  import Database from 'better-sqlite3';
  const database = new Database(process.argv[1]);
  const insert = database.prepare("INSERT INTO t (pad) VALUES (hex(randomblob(100)))");
  const ten = database.transaction(() => { for (let at = 0; at < 10; at += 1) insert.run(); });
  let going = true;
  process.stdin.on('end', () => { going = false; }).resume();
  let count = 0;
  const step = () => {
    if (!going) { database.close(); return; }
    ten();
    count += 10;
    if (count % 100 === 0) process.stdout.write('.');
    setImmediate(step);
  };
  step();
`;

async function startWriter(path: string): Promise<AsyncDisposable & { readonly process: ChildProcess }> {
  const process_ = spawn(process.execPath, ['--input-type=module', '-e', writer, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(process_.stdout, 'data');
  return {
    process: process_,
    async [Symbol.asyncDispose]() {
      const gone = once(process_, 'exit');
      process_.stdin.end();
      expect((await gone)[0]).toBe(0);
    },
  };
}

describe('a long read of SQLite beside a writer', () => {
  it('sees one state of the table in WAL mode, and lets the writer go on', { timeout: 30_000 }, () =>
    withDatabase(
      `PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, pad TEXT);
       INSERT INTO t (pad) SELECT hex(randomblob(100)) FROM ${series(1, 20000)}`,
      async ({ database, source }) => {
        await using running = await startWriter(database.name);
        const wanted = await request(source, table('t'), { key: ['id'] });
        const count = async (): Promise<number> => Number((await database.rows('SELECT count(*) FROM t'))[0]?.[0]);
        const batches = source.read(wanted, never)[Symbol.asyncIterator]();
        const first = await batches.next();
        const visible = await count();
        let read = first.value?.count ?? 0;
        // The consumer is slow: the writer commits meanwhile.
        for (let turns = 0; turns < 3; turns += 1) await once(running.process.stdout as NodeJS.ReadableStream, 'data');
        for (let next = await batches.next(); next.done !== true; next = await batches.next()) read += next.value.count;
        expect(read).toBeLessThanOrEqual(visible);
        expect(read).toBeGreaterThan(20_000);
        expect(await count()).toBeGreaterThan(visible);
      },
    ),
  );

  it('lets the log be emptied once the loop is left early', () =>
    withDatabase(
      `PRAGMA busy_timeout = 0; PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, pad TEXT);
       INSERT INTO t (pad) SELECT hex(randomblob(100)) FROM ${series(1, 2000)}`,
      async ({ database, source }) => {
        const wanted = await request(source, table('t'), { key: ['id'] });
        for await (const batch of source.read(wanted, never)) {
          expect(batch.count).toBeGreaterThan(0);
          await database.run("INSERT INTO t (pad) VALUES ('late')");
          // Somebody still reads what was there before.
          expect(await database.rows('PRAGMA wal_checkpoint(TRUNCATE)')).toEqual([['1', expect.anything(), expect.anything()]]);
          break;
        }
        expect(await database.rows('PRAGMA wal_checkpoint(TRUNCATE)')).toEqual([['0', '0', '0']]);
        expect(statSync(`${database.name}-wal`).size).toBe(0);
      },
    ));

  it('leaves turns to the event loop, and ends at the next batch when it is aborted', () =>
    withDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t SELECT value FROM ${series(1, 5000)}`, async ({ source }) => {
      const wanted = await request(source, table('t'), { key: ['id'] });
      let turns = 0;
      const ticking = setInterval(() => {
        turns += 1;
      }, 0);
      const stop = new AbortController();
      let batches = 0;
      const reading = (async () => {
        for await (const _ of source.read(wanted, stop.signal)) {
          batches += 1;
          if (batches === 10) stop.abort(new Error('stopped by the test'));
        }
      })();
      await expect(reading).rejects.toThrow('stopped by the test');
      clearInterval(ticking);
      expect(batches).toBe(10);
      expect(turns).toBeGreaterThan(0);
    }));

  it('gives each of several readers a handle of its own, and lets one wait that finds none', () =>
    withDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t SELECT value FROM ${series(1, 1000)}`, async ({ source }) => {
      const wanted = await request(source, table('t'), { key: ['id'] });
      const iterators = [1, 2].map(() => source.read(wanted, never)[Symbol.asyncIterator]());
      for (const iterator of iterators) await iterator.next();
      const stop = new AbortController();
      const given = source.tables(stop.signal);
      const patient = source.tables(never);
      stop.abort(new Error('no time'));
      await expect(given).rejects.toThrow('no time');
      await iterators[0]?.return?.();
      expect(await patient).toHaveLength(1);
      await iterators[1]?.return?.();
      expect((await Promise.all([1, 2, 3].map(() => readAll(source, wanted)))).map(({ rows }) => rows.length)).toEqual([1000, 1000, 1000]);
    }));
});
