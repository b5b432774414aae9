import { readFile } from 'node:fs/promises';
import { setInterval } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import type { LiberateError } from '../../src/kit/errors.ts';
import type { Column, Relation, Shape } from '../../src/model/column.ts';
import { type Row, type RowBatch, rowsOf } from '../../src/model/row.ts';
import { planRead } from '../../src/query/plan.ts';
import type { ReadRequest, Window } from '../../src/query/request.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';
import { jsonEncoder } from '../../src/schema/json/encoder.ts';
import { flavourOf } from '../../src/source/mysql/flavour.ts';
import { openMysql } from '../../src/source/mysql/source.ts';
import type { Source } from '../../src/source/source.ts';
import { micros, type SourceContract, sourceConfig, sourceContract } from '../contract/source.ts';
import { mysqlDialect } from '../contract/source-dialect.ts';
import { typesContract } from '../contract/source-types.ts';
import { createMariadb, createMariadbUser, openMariadb, type TestDatabase } from '../support/databases.ts';
import { textsOf } from '../support/rows.ts';
import { waitFor } from '../support/wait-for.ts';
import { mariadbCases } from '../types/mariadb.ts';

const never = new AbortController().signal;

async function createDatabase(): Promise<TestDatabase> {
  const database = await createMariadb();
  // Zero dates are there in old tables: the tests write them.
  await database.run("SET sql_mode = ''");
  return database;
}

const contract: SourceContract = {
  kind: 'mysql',
  dialect: mysqlDialect,
  create: createDatabase,
  open: openMysql,
  types: mariadbCases,
};

sourceContract(contract);
typesContract(contract);

const open = (url: string, overrides: Parameters<typeof sourceConfig>[2] = {}): Source =>
  openMysql(sourceConfig('mysql', url, { timezone: null, ...overrides }));
const table = (name: string): Relation => ({ kind: 'table', table: { schema: null, name } });
const query = (text: string): Relation => ({ kind: 'query', text });

const columnsOf = (shape: Shape, names: readonly string[]): readonly Column[] =>
  names.map((name) => shape.columns.find((column) => column.name === name) as Column);

async function requestOf(
  source: Source,
  relation: Relation,
  {
    cursor = [],
    key,
    window = { kind: 'all' },
    ...rest
  }: Partial<Omit<ReadRequest, 'cursor' | 'key'>> & {
    readonly cursor?: readonly string[];
    readonly key: readonly string[];
  },
): Promise<ReadRequest> {
  const shape = await source.describe(relation, never);
  return {
    relation,
    columns: shape.columns,
    where: null,
    cursor: columnsOf(shape, cursor),
    key: columnsOf(shape, key),
    window,
    page: null,
    recentFrom: null,
    sample: null,
    limit: null,
    ...rest,
  };
}

async function readAll(source: Source, request: ReadRequest): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const batch of source.read(request, never)) rows.push(...rowsOf(batch));
  return rows;
}

async function refusal(work: Promise<unknown>): Promise<LiberateError> {
  return work.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: LiberateError) => error,
  );
}

describe('the plan of a MySQL page', () => {
  const marks: Readonly<Record<string, readonly [string, string]>> = {
    'datetime(6)': ["'2026-01-01' + INTERVAL n SECOND", '2026-01-01 05:00:00.000000'],
    'timestamp(6)': ["'2026-01-01' + INTERVAL n SECOND", '2026-01-01 05:00:00.000000'],
    'bigint unsigned': ['9223372036854770000 + n', '9223372036854789000'],
    'decimal(30,5)': ['n', '19000.00000'],
  };
  for (const [type, [value, mark]] of Object.entries(marks)) {
    it(`reads a range of the index on (${type}, id), with ties broken by a text of its own collation`, async () => {
      await using db = await createDatabase();
      await db.run(
        `CREATE TABLE t (id varchar(20) CHARACTER SET latin1 COLLATE latin1_german2_ci PRIMARY KEY, c ${type} NOT NULL, pad char(100), KEY by_c (c))`,
      );
      await db.run(`INSERT INTO t SELECT CONCAT('k', n), ${value}, '' FROM (SELECT seq AS n FROM seq_1_to_20000) s`);
      await db.run('ANALYZE TABLE t');
      await using source = open(db.url);
      const shape = await source.describe(table('t'), never);
      expect(shape.indexes.find(({ name }) => name === 'by_c')?.columns).toEqual(['c', 'id']);
      const floor = type.endsWith('(6)') ? micros('2026-01-01T04:59:00.000000Z') : null;
      const window: Window = { kind: 'after', mark: [mark, 'kü'], floor, tied: false };
      const request = await requestOf(source, table('t'), { cursor: ['c'], key: ['id'], window, limit: 100 });
      const explained = await db.rows(`EXPLAIN ${planRead(flavourOf(null), request).sql}`);
      expect(explained).toHaveLength(1);
      const [, , , access, , index, , , rows, extra] = explained[0] ?? [];
      expect([access, index]).toEqual(['range', 'by_c']);
      expect(Number(rows)).toBeLessThan(6000);
      expect(extra).not.toContain('filesort');
      const expected = await db.rows(`SELECT id FROM t WHERE c > '${mark}' OR (c = '${mark}' AND id > 'kü') ORDER BY c, id LIMIT 5`);
      const found = await readAll(source, { ...request, window: { ...window, floor: null }, limit: 5 });
      expect(found.map(({ values }) => values[0])).toEqual(expected.map(([id]) => id));
    });
  }

  it('compares ids past 2^53 exactly', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id bigint unsigned PRIMARY KEY)');
    await db.run(
      'INSERT INTO t VALUES (9007199254740992), (9007199254740993), (9007199254740994), (18446744073709551614), (18446744073709551615)',
    );
    await using source = open(db.url);
    const request = await requestOf(source, table('t'), { key: ['id'] });
    const past = async (page: string): Promise<unknown> =>
      (await readAll(source, { ...request, page: [page] })).map(({ values }) => values[0]);
    expect(await past('9007199254740992')).toEqual([
      '9007199254740993',
      '9007199254740994',
      '18446744073709551614',
      '18446744073709551615',
    ]);
    expect(await past('18446744073709551614')).toEqual(['18446744073709551615']);
  });
});

describe('DATETIME stamps', () => {
  /** A transaction at 06:30 UTC on the day when New York's clock goes back an hour at 06:00 UTC: 01:30 for the second time. */
  it('are looked back at in the zone of the source, and further where its clock was set back', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY, stamp datetime(6) NOT NULL)');
    await db.run("INSERT INTO t VALUES (1, '2026-11-01 00:30:00'), (2, '2026-11-01 01:10:00'), (3, '2026-11-01 01:58:00')");
    await using source = open(db.url, { timezone: 'America/New_York' });
    const recent = async (floor: string): Promise<unknown> => {
      const request = await requestOf(source, table('t'), { cursor: ['stamp'], key: ['id'], recentFrom: micros(floor) });
      return (await readAll(source, request)).filter((row) => row.recent).map(({ values }) => values[0]);
    };
    expect(await recent('2026-11-01T04:59:30.000000Z')).toEqual(['2', '3']);
    // 01:57:30 for the first time: what is written at 01:10 in the second pass must be met.
    expect(await recent('2026-11-01T05:57:30.000000Z')).toEqual(['2', '3']);
    expect(await recent('2026-11-01T06:30:00.000000Z')).toEqual(['3']);
  });

  it("are looked back at in the server's own zone when none is given", async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY, stamp datetime(6) NOT NULL)');
    await db.run(
      "INSERT INTO t VALUES (1, CONVERT_TZ('2026-05-01 10:00:00.000001', '+00:00', @@GLOBAL.time_zone)), (2, CONVERT_TZ('2026-05-01 09:59:59', '+00:00', @@GLOBAL.time_zone))",
    );
    await using source = open(db.url);
    const request = await requestOf(source, table('t'), {
      cursor: ['stamp'],
      key: ['id'],
      recentFrom: micros('2026-05-01T10:00:00.000001Z'),
    });
    expect((await readAll(source, request)).map(({ recent }) => recent)).toEqual([false, true]);
  });

  it('in a zone that does not exist are refused at once', () => {
    expect(() => open('mysql://127.0.0.1:1/x', { timezone: 'Mars/Olympus' })).toThrow(/Mars\/Olympus/);
  });
});

describe('the horizon of a real server', () => {
  it('sees an open transaction as a user with PROCESS, and says so', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY)');
    await using login = await createMariadbUser(db, { grants: [`SELECT ON ${db.name}.*`, 'PROCESS ON *.*'] });
    await using source = open(login.url);
    expect((await source.check(never)).remarks).toEqual([]);
    await using writer = await db.connect();
    await writer.run('BEGIN; INSERT INTO t VALUES (1)');
    const [begun] = (await writer.rows('SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)'))[0] as readonly [string];
    const later = await waitFor(async () => {
      const horizon = await source.horizon(null, never);
      return horizon.now > BigInt(begun) + 5_000_000n ? horizon : null;
    });
    expect(later.method).toBe('oldest open transaction');
    expect(later.floor).toBeLessThanOrEqual(BigInt(begun));
    expect(later.floor).toBeGreaterThan(BigInt(begun) - 5_000_000n);
    expect(later.now - (await source.horizon(3_000, never)).floor).toBeGreaterThan(5_000_000n);
    await writer.run('COMMIT');
    const after = await source.horizon(null, never);
    expect(after.floor).toBeGreaterThan(later.now - 3_000_000n);
  });

  it('assumes a look-back as a user without PROCESS, and says what would raise it', async () => {
    await using db = await createDatabase();
    await using login = await createMariadbUser(db, { grants: [`SELECT ON ${db.name}.*`] });
    await using source = open(login.url);
    const [remark] = (await source.check(never)).remarks;
    expect(remark).toContain(`GRANT PROCESS ON *.* TO '${login.user}'@'%'`);
    const horizon = await source.horizon(null, never);
    expect(horizon.now - horizon.floor).toBe(60_000_000n);
    expect(horizon.method).toBe('lookback 1m, no PROCESS privilege');
    const own = await source.horizon(90_000, never);
    expect(own.now - own.floor).toBe(90_000_000n);
    expect(own.method).toContain('lookback 1m 30s');
  });

  it('reaches back to a statement that waits for a table lock, of which InnoDB does not know yet', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY, stamp timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6))');
    await using source = open(db.url);
    await using locker = await db.connect();
    await using waiter = await db.connect();
    await locker.run('LOCK TABLES t WRITE');
    const inserting = waiter.run('INSERT INTO t (id) VALUES (1)');
    const first = await source.horizon(null, never);
    const horizon = await waitFor(async () => {
      const taken = await source.horizon(null, never);
      return taken.now > first.now + 4_000_000n ? taken : null;
    });
    await locker.run('UNLOCK TABLES');
    await inserting;
    const [[stamp]] = (await db.rows('SELECT CAST(UNIX_TIMESTAMP(stamp) * 1000000 AS SIGNED) FROM t')) as readonly [readonly [string]];
    expect(horizon.floor).toBeLessThanOrEqual(BigInt(stamp));
  });

  it('is not deceived by the old picture that InnoDB shows while others look at it all the time', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY)');
    await using source = open(db.url);
    await using monitor = await db.connect();
    await using writer = await db.connect();
    const look = (): Promise<unknown> => monitor.rows('SELECT COUNT(*) FROM information_schema.INNODB_TRX');
    await look();
    const looking = setInterval(() => void look().catch(() => {}), 15);
    try {
      await writer.run('BEGIN; INSERT INTO t VALUES (1)');
      const [begun] = (await writer.rows('SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)'))[0] as readonly [string];
      const horizon = await waitFor(async () => {
        const taken = await source.horizon(null, never);
        return taken.now > BigInt(begun) + 4_000_000n ? taken : null;
      });
      expect(horizon.floor).toBeLessThanOrEqual(BigInt(begun));
      expect(horizon.method).toBe('lookback 1m, INNODB_TRX is out of date');
    } finally {
      clearInterval(looking);
      await writer.run('ROLLBACK');
    }
    expect((await source.horizon(null, never)).method).toBe('oldest open transaction');
  });

  it('is not held back by a long read of another job, and is shared by jobs that ask at once', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY)');
    await db.run('INSERT INTO t SELECT seq FROM seq_1_to_400000');
    await using source = open(db.url, { pool: 3 });
    const request = await requestOf(source, table('t'), { key: ['id'] });
    const first = await source.horizon(null, never);
    for await (const _ of source.read(request, never)) {
      const taken = await Promise.all(Array.from({ length: 20 }, () => source.horizon(null, new AbortController().signal)));
      expect(new Set(taken.map(({ now }) => now)).size).toBeLessThanOrEqual(2);
      if ((taken[0]?.now ?? 0n) < first.now + 4_000_000n) continue;
      expect((taken[0]?.now ?? 0n) - (taken[0]?.floor ?? 0n)).toBe(2_000_000n);
      return;
    }
    throw new Error('the read ended before its time');
  });
});

describe('rows of MySQL', () => {
  it('come whole to a slow reader, those that are longer than a read of the socket too', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY, v mediumtext NOT NULL)');
    // Sizes up to 3,000, and each 5,000th row 150,000 bytes.
    const size = 'IF(seq % 5000 = 0, 150000, seq * 7919 % 3000)';
    await db.run(`INSERT INTO t SELECT seq, CONCAT(seq, ':', REPEAT(CHAR(97 + seq % 26), ${size})) FROM seq_1_to_40000`);
    await using source = open(db.url);
    const request = await requestOf(source, table('t'), { key: ['id'] });
    const textOf = (id: number): string =>
      `${id}:${String.fromCharCode(97 + (id % 26)).repeat(id % 5000 === 0 ? 150_000 : (id * 7919) % 3000)}`;
    let id = 0;
    const wrong: number[] = [];
    for await (const batch of source.read(request, never)) {
      // The server sends on meanwhile, until all that waits for a reader is full.
      for (let turn = 0; turn < 50; turn += 1) await nextTurn();
      for (let at = 0; at < batch.count; at += 1) {
        id += 1;
        if (batch.values(at)[1] !== textOf(id)) wrong.push(id);
      }
    }
    expect([id, wrong]).toEqual([40_000, []]);
  });
});

describe('a MySQL query', () => {
  it('keeps its question marks, its double quotes and its long texts', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY)');
    await db.run('INSERT INTO t SELECT seq FROM seq_1_to_3000');
    await using source = open(db.url, { session: ["SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'", "SET time_zone = '+05:00'"] });
    const relation = query(
      "SELECT MAX(id) AS id, '? ?' AS marks, \"double\" AS quoted, 'it\\'s' AS slashed, GROUP_CONCAT(REPEAT('x', 1000) SEPARATOR '') AS long_text, FROM_UNIXTIME(0) AS epoch FROM t",
    );
    const [row] = await readAll(source, await requestOf(source, relation, { key: ['id'] }));
    const [id, marks, quoted, escaped, long, epoch] = row?.values ?? [];
    expect([id, marks, quoted, escaped, epoch]).toEqual(['3000', '? ?', 'double', "it's", '1970-01-01T00:00:00']);
    expect((long as string).length).toBe(3_000_000);
  });

  it('has the types of its columns, and no order of an ENUM but by a cast', async () => {
    await using db = await createDatabase();
    await db.run(
      "CREATE TABLE t (id bigint unsigned PRIMARY KEY, e enum('b','a'), d decimal(10,2), b bit(1), j json, u uuid, f float, bin varbinary(3), tx text, ts timestamp(3) NULL)",
    );
    await db.run(
      "INSERT INTO t VALUES (1, 'b', 1.5, b'1', '{\"a\":1}', UUID(), 0.1, X'FF', 'é', '2026-01-01'), (2, 'a', 2, b'0', 'null', UUID(), 1, X'', '', NULL)",
    );
    await using source = open(db.url);
    const shape = await source.describe(query('SELECT * FROM t'), never);
    expect(shape.columns.map(({ name, native, type }) => [name, native, type.kind])).toEqual([
      ['id', 'bigint unsigned', 'integer'],
      ['e', 'enum', 'text'],
      ['d', 'decimal(10,2)', 'decimal'],
      ['b', 'bit(1)', 'boolean'],
      ['j', 'longtext', 'json'],
      ['u', 'uuid', 'uuid'],
      ['f', 'float', 'float'],
      ['bin', 'varbinary', 'bytes'],
      ['tx', 'longtext', 'text'],
      ['ts', 'timestamp(3)', 'timestamptz'],
    ]);
    const [row] = await readAll(source, await requestOf(source, query('SELECT * FROM t'), { key: ['id'] }));
    expect(row?.values.filter((_, at) => at !== 5)).toEqual([
      '1',
      'b',
      '1.50',
      true,
      '{"a":1}',
      '0.1',
      Buffer.from([255]),
      'é',
      '2026-01-01T00:00:00.000Z',
    ]);
    expect(shape.columns.map(({ name, unordered }) => unordered && name).filter(Boolean)).toEqual(['e']);
    const cast = await requestOf(source, query('SELECT CAST(e AS CHAR) AS e FROM t'), { key: ['e'] });
    expect((await readAll(source, cast)).map(({ values }) => values[0])).toEqual(['a', 'b']);
  });
});

describe('text that is not UTF-8', () => {
  it('is refused with its column, since two such texts would be published as one', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY, u varchar(9) CHARACTER SET ucs2)');
    await db.run("INSERT INTO t VALUES (1, _ucs2 X'D800')");
    await using source = open(db.url);
    const request = await requestOf(source, table('t'), { key: ['id'] });
    const encoder = jsonEncoder(eventSchema(request.columns, { include: null, exclude: [], rename: {} }, []), ['id', 'u']);
    const published = async (): Promise<void> => {
      for await (const batch of source.read(request, never)) textsOf(encoder, batch);
    };
    const error = await refusal(published());
    expect([error.code, error.place.column]).toEqual(['LIB211', 'u']);
  });
});

describe('a MySQL table', () => {
  it('tells comments and defaults, and a query the sizes of its columns', async () => {
    await using db = await createDatabase();
    await db.run(
      `CREATE TABLE told (id bigint unsigned AUTO_INCREMENT PRIMARY KEY COMMENT 'It''s the key.', e enum('b','a') NOT NULL DEFAULT 'a',
       amount decimal(12,2) DEFAULT 1.5 COMMENT 'Without tax.', v varchar(20), b varbinary(9), at timestamp(3) NOT NULL DEFAULT current_timestamp(3), y year)`,
    );
    await using source = open(db.url);
    const facts = async (relation: Relation): Promise<unknown> =>
      (await source.describe(relation, never)).columns.map(({ name, facts: found }) => [name, found]);
    expect(await facts(table('told'))).toEqual([
      ['id', { bits: 64, unsigned: true, doc: "It's the key." }],
      ['e', { labels: ['b', 'a'], default: "'a'" }],
      ['amount', { precision: 12, scale: 2, doc: 'Without tax.', default: '1.50' }],
      ['v', { length: 20 }],
      ['b', { length: 9 }],
      ['at', { scale: 3, default: 'current_timestamp(3)' }],
      ['y', { bits: 16, unsigned: true }],
    ]);
    expect(await facts(query('SELECT id, e, amount, v, b, at, y, count(*) AS n FROM told GROUP BY id'))).toEqual([
      ['id', { bits: 64, unsigned: true }],
      ['e', { length: 1 }],
      ['amount', { precision: 12, scale: 2 }],
      ['v', { length: 20 }],
      ['b', { length: 9 }],
      ['at', { scale: 3 }],
      ['y', { bits: 16, unsigned: true }],
      ['n', { bits: 64 }],
    ]);
  });

  it('has only those indexes that serve whole columns in one direction', async () => {
    await using db = await createDatabase();
    await db.run(
      `CREATE TABLE t (a int, b int, n varchar(50), x text, PRIMARY KEY (b, a),
       KEY prefix (n(5)), KEY mixed (a DESC, b), KEY down (a DESC, n DESC), KEY plain (n), FULLTEXT KEY words (x))`,
    );
    await db.run('CREATE TABLE plain_file (id int PRIMARY KEY, n int, KEY n (n)) ENGINE = MyISAM');
    await using source = open(db.url);
    const { indexes, primaryKey, remarks } = await source.describe(table('t'), never);
    expect(primaryKey).toEqual(['b', 'a']);
    expect(remarks).toEqual([]);
    expect(indexes.map(({ name, columns }) => `${name}: ${columns.join()}`).sort()).toEqual(['PRIMARY: b,a', 'down: a,n', 'plain: n,b,a']);
    const file = await source.describe(table('plain_file'), never);
    expect(file.indexes.find(({ name }) => name === 'n')?.columns).toEqual(['n']);
    expect(file.remarks[0]).toContain('MyISAM');
  });
});

describe('a MySQL connection', () => {
  const failure = async (url: string, overrides: Parameters<typeof open>[1] = {}): Promise<string> => {
    await using source = open(url, overrides);
    return (await refusal(source.check(never))).code;
  };

  it('that fails says why', async () => {
    await using db = await createDatabase();
    await using login = await createMariadbUser(db, { grants: [`SELECT ON ${db.name}.*`] });
    const elsewhere = new URL(login.url);
    elsewhere.port = '1';
    expect(await failure(elsewhere.href)).toBe('LIB201');
    expect(await failure(login.url, { password: 'wrong' })).toBe('LIB202');
    expect(await failure(login.url.replace(db.name, 'no_such_database'))).toBe('LIB202');
    expect(await failure(login.url, { session: ['SET no_such_variable = 1'] })).toBe('LIB207');
    expect(await failure(login.url, { session: ['SET GLOBAL max_connections = 1'] })).toBe('LIB213');
  });

  it('is encrypted and verified when asked to be', async () => {
    await using db = await createDatabase();
    const caFile = inject('servers').mariadb.caFile as string;
    const ca = await readFile(caFile, 'utf8');
    const tls = { ca, cert: null, key: null, servername: null, verify: true };
    await using source = open(db.url, { tls });
    const relation = query(
      "SELECT VARIABLE_NAME AS id, VARIABLE_VALUE AS cipher FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_cipher'",
    );
    const [row] = await readAll(source, await requestOf(source, relation, { key: ['id'] }));
    expect(row?.values[1]).not.toBe('');
    expect(await failure(db.url, { tls: { ...tls, ca: null } })).toBe('LIB202');
    expect(await failure(db.url, { tls: { ...tls, servername: 'db.example.com' } })).toBe('LIB202');
  });

  it('shows the rows of open transactions only to who asks for them, also on the same connection and after a failure', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (9)');
    await using writer = await db.connect();
    await writer.run('BEGIN; INSERT INTO t VALUES (4), (6)');
    await using source = open(db.url, { pool: 1 });
    const gaps = [
      { from: null, to: '0' },
      { from: '2', to: '5' },
    ];
    const asked = await requestOf(source, table('t'), { cursor: ['id'], key: [], columns: [], window: { kind: 'ids', gaps } });
    const ids = async (batches: AsyncIterable<RowBatch> | undefined): Promise<readonly (string | undefined)[]> => {
      const found: (string | undefined)[] = [];
      for await (const rows of batches ?? []) found.push(...rowsOf(rows).map(({ position }) => position[0]));
      return found;
    };
    const all = { ...asked, window: { kind: 'all' } } as const;
    const uncommitted = (request: ReadRequest): Promise<unknown> => ids(source.uncommitted?.(request, never));
    const committed = async (): Promise<void> => expect(await ids(source.read(all, never))).toEqual(['1', '9']);

    expect(await uncommitted(asked)).toEqual(['4']);
    await committed();
    expect(await uncommitted(all)).toEqual(['1', '4', '6', '9']);
    await committed();
    await expect(uncommitted({ ...asked, where: 'no such thing' })).rejects.toMatchObject({ code: 'LIB207' });
    await committed();
    for await (const _ of source.uncommitted?.(all, never) ?? []) break;
    await committed();
    await writer.run('ROLLBACK');
    expect(await uncommitted(asked)).toEqual([]);
  });

  it('cannot write', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY)');
    await db.run('CREATE FUNCTION sneak() RETURNS int DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO t VALUES (1); RETURN 1; END');
    await using source = open(db.url);
    const error = await refusal(source.describe(query('SELECT sneak() AS id'), never));
    expect([error.code, error.message]).toEqual(['LIB207', 'Cannot execute statement in a READ ONLY transaction']);
    expect(await db.rows('SELECT * FROM t')).toEqual([]);
  });

  it('that is killed while it is read is lost, and the next read has a new one', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY, pad char(200))');
    await db.run("INSERT INTO t SELECT seq, REPEAT('x', 200) FROM seq_1_to_200000");
    await using source = open(db.url, { pool: 1 });
    const request = await requestOf(source, table('t'), { key: ['id'] });
    const reading = async (): Promise<void> => {
      let first = true;
      for await (const _ of source.read(request, never)) {
        if (!first) continue;
        first = false;
        const [[id]] = (await db.rows(
          `SELECT id FROM information_schema.processlist WHERE db = '${db.name}' AND id <> CONNECTION_ID()`,
        )) as readonly [readonly [string]];
        await db.run(`KILL ${id}`);
      }
    };
    expect((await refusal(reading())).code).toBe('LIB210');
    expect(await readAll(source, { ...request, limit: 10 })).toHaveLength(10);
  });

  it('leaves no session behind', async () => {
    await using db = await createDatabase();
    await db.run('CREATE TABLE t (id int PRIMARY KEY)');
    await db.run('INSERT INTO t SELECT seq FROM seq_1_to_50000');
    {
      await using source = open(db.url, { pool: 4 });
      const request = await requestOf(source, table('t'), { key: ['id'] });
      for (let round = 0; round < 4; round += 1) for await (const _ of source.read(request, never)) break;
      const abort = new AbortController();
      const waiting = Array.from({ length: 8 }, () => refusal(source.horizon(null, abort.signal)));
      abort.abort(new Error('enough'));
      await Promise.all(waiting);
    }
    await using other = await openMariadb(inject('servers').mariadb.url);
    const sessions = async (): Promise<number> =>
      Number((await other.rows(`SELECT COUNT(*) FROM information_schema.processlist WHERE db = '${db.name}'`))[0]?.[0]);
    // The test's own.
    await waitFor(async () => (await sessions()) === 1, { what: 'the end of the sessions' });
  });
});
