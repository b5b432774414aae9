import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadRequest } from '../../src/query/request.ts';
import { createDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { openPolls, type Statement, statementOf } from '../support/quiet-poll.ts';

const rows = 100_000;
/** The same table, small: what a quiet poll examines must not depend on which it is. */
const sizes = { big: rows, small: 1000 };
type Name = keyof typeof sizes;

/** `changed` is set by an update alone, so the newest of a row is the COALESCE of both. */
const tables: Readonly<Record<DatabaseKind, (table: Name) => string>> = {
  postgres: (table) => `
    CREATE TABLE ${table} (id bigint PRIMARY KEY, created timestamptz NOT NULL, changed timestamptz, unindexed timestamptz, body text NOT NULL);
    INSERT INTO ${table} SELECT n, now() - interval '2 days' + n * interval '1 second', NULL, now() - interval '2 days' + n * interval '1 second', md5(n::text) FROM generate_series(1, ${sizes[table]}) n;
    CREATE INDEX ON ${table} (created, id); CREATE INDEX ON ${table} (COALESCE(changed, created), id);`,
  mariadb: (table) => `
    CREATE TABLE ${table} (id bigint PRIMARY KEY, created datetime(6) NOT NULL, changed datetime(6), unindexed datetime(6) DEFAULT NOW(6), body varchar(40) NOT NULL,
      newest datetime(6) AS (COALESCE(changed, created)) PERSISTENT, KEY (created, id), KEY (newest, id)) ENGINE = InnoDB;
    INSERT INTO ${table} (id, created, unindexed, body) SELECT seq, NOW(6) - INTERVAL 2 DAY + INTERVAL seq SECOND, NOW(6) - INTERVAL 2 DAY + INTERVAL seq SECOND, MD5(seq) FROM seq_1_to_${sizes[table]};`,
  sqlite: (table) => `
    CREATE TABLE ${table} (id INTEGER PRIMARY KEY, created TIMESTAMP NOT NULL, changed TIMESTAMP, unindexed TIMESTAMP, body TEXT NOT NULL);
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${sizes[table]})
      INSERT INTO ${table} SELECT i, strftime('%Y-%m-%d %H:%M:%f', 'now', '-2 days', i || ' seconds'), NULL, datetime('now', '-2 days', i || ' seconds'), hex(i) FROM n;
    CREATE INDEX ${table}_created ON ${table} (created, id); CREATE INDEX ${table}_newest ON ${table} (COALESCE(changed, created), id);`,
};

const analyse: Readonly<Record<DatabaseKind, string>> = { postgres: 'ANALYZE', mariadb: 'ANALYZE TABLE', sqlite: 'ANALYZE' };
const now: Readonly<Record<DatabaseKind, string>> = {
  postgres: 'now()',
  mariadb: 'NOW(6)',
  sqlite: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
};

/** MariaDB has no index on an expression: its COALESCE is a column that it computes. */
const listed = { postgres: ['changed', 'created'], mariadb: 'newest', sqlite: ['changed', 'created'] };

const ways = (kind: DatabaseKind) =>
  [
    { how: 'timestamp', job: { mode: 'timestamp', cursor: 'created' } },
    { how: 'timestamp+incrementing', job: { mode: 'timestamp+incrementing', cursor: 'created', increment: 'id' } },
    { how: 'a COALESCE of two stamps', job: { mode: 'timestamp', cursor: listed[kind] } },
    { how: 'incrementing', job: { mode: 'incrementing', cursor: 'id' } },
  ] as const;

/** What a plan must not hold, and what it must. */
const forbidden: Readonly<Record<DatabaseKind, RegExp>> = {
  postgres: /Seq Scan|Sort\b/,
  mariadb: /^(ALL|index) |filesort|temporary/m,
  sqlite: /SCAN|TEMP B-TREE/,
};

interface Node {
  readonly Plans?: readonly Node[];
  readonly [figure: string]: unknown;
}

/** Rows that were read of a table or an index, those that no condition let through among them. */
function rowsOfScans(node: Node): number {
  const own = ['Actual Rows', 'Rows Removed by Filter', 'Rows Removed by Index Recheck'].map((figure) => Number(node[figure] ?? 0));
  const read = String(node['Node Type']).includes('Scan') ? own.reduce((sum, count) => sum + count, 0) * Number(node['Actual Loops']) : 0;
  return (node.Plans ?? []).reduce((sum, inner) => sum + rowsOfScans(inner), read);
}

function inlined({ sql, binds }: Statement): string {
  let at = 0;
  return sql.replaceAll('?', () => binds[at++] ?? 'NULL');
}

const rowsExamined: Readonly<Record<DatabaseKind, (db: TestDatabase, statement: Statement) => Promise<number>>> = {
  postgres: async (db, { sql, binds }) => {
    await db.run(`PREPARE counted AS ${sql}`);
    const [[text]] = (await db.rows(`EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE counted(${binds.join(', ')})`)) as [[string]];
    await db.run('DEALLOCATE counted');
    return (JSON.parse(text) as [{ readonly Plan: Node }]).reduce((sum, { Plan }) => sum + rowsOfScans(Plan), 0);
  },
  mariadb: async (db, { sql }) => {
    await using session = await db.connect();
    await session.run('FLUSH STATUS');
    await session.rows(sql);
    const read = await session.rows("SHOW SESSION STATUS LIKE 'Handler_read%'");
    return read.reduce((sum, [, count]) => sum + Number(count), 0);
  },
  // A condition of our own is asked of each row that the index range gives.
  sqlite: async (db, statement) => {
    const file = new Sqlite(db.url.replace(/^sqlite:/, ''));
    try {
      let met = 0;
      file.function('met', { deterministic: false }, () => {
        met += 1;
        return 1;
      });
      file.prepare(inlined(statement).replace(/\bWHERE\b/, 'WHERE met() AND')).all();
      return met;
    } finally {
      file.close();
    }
  },
};

describe.each(['postgres', 'mariadb', 'sqlite'] as const)(`the statement of a poll with its look-back, on %s, of ${rows} rows`, (kind) => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createDatabase[kind]();
    for (const table of ['big', 'small'] as const) await db.run(`${tables[kind](table)} ${analyse[kind]} ${table};`);
  });
  afterAll(async () => db?.[Symbol.asyncDispose]());

  async function explained({ sql, binds }: Statement): Promise<readonly string[]> {
    if (kind === 'postgres')
      return [await preparedPlan(sql, binds, 'force_custom_plan'), await preparedPlan(sql, binds, 'force_generic_plan')];
    if (kind === 'mariadb') return [(await db.rows(`EXPLAIN ${sql}`)).map((row) => [row[3], row[9]].join(' ')).join('\n')];
    return [(await db.rows(`EXPLAIN QUERY PLAN ${inlined({ sql, binds })}`)).map((row) => row.at(-1)).join('\n')];
  }

  /** liberate prepares its statements, so a plan for any binds may be taken too. */
  async function preparedPlan(sql: string, binds: readonly string[], mode: string): Promise<string> {
    await db.run(`SET plan_cache_mode = ${mode}; PREPARE asked AS ${sql}`);
    const plan = await db.rows(`EXPLAIN EXECUTE asked(${binds.join(', ')})`);
    await db.run('DEALLOCATE asked');
    return plan.join('\n');
  }

  /** The one request of a poll that finds nothing, with three rows in its look-back and ids left out below the mark. */
  async function quietRequest(table: Name, job: object): Promise<ReadRequest> {
    await db.run(`DELETE FROM ${table} WHERE body = 'new'`);
    await using polls = await openPolls(db.url, { table, columns: { include: ['id', 'body'] }, ...job });
    await polls.poll();
    const [[last]] = (await db.rows(`SELECT max(id) FROM ${table}`)) as [[string]];
    for (const step of [2, 4, 7]) {
      await db.run(`INSERT INTO ${table} (id, created, body) VALUES (${Number(last) + step}, ${now[kind]}, 'new')`);
    }
    expect(await polls.poll()).toMatchObject({ published: 3 });
    expect(await polls.poll()).toMatchObject({ published: 0 });
    expect(polls.requests).toHaveLength(1);
    return polls.requests[0] as ReadRequest;
  }

  it.each(ways(kind))('is an index range without a sort: $how', async ({ job }) => {
    const request = await quietRequest('big', job);
    expect(request.window.kind).toBe(job.mode === 'incrementing' ? 'gaps' : 'after');
    for (const plan of await explained(statementOf(kind, request))) expect(plan).not.toMatch(forbidden[kind]);
  });

  it.each(ways(kind))('examines no more rows than that of a table of 1,000: $how', async ({ job }) => {
    const of = async (table: Name): Promise<number> => rowsExamined[kind](db, statementOf(kind, await quietRequest(table, job)));
    const big = await of('big');
    // It may read all of the small one.
    expect(big).toBeLessThanOrEqual(await of('small'));
    // The three, with what leads to them; so it is not nothing that was counted.
    expect(big).toBeGreaterThanOrEqual(job.mode === 'incrementing' ? 0 : 3);
    expect(big).toBeLessThan(12);
  });

  it('would be seen to examine all of them where the index is missing', async () => {
    const job = { mode: 'timestamp', cursor: 'created' };
    const { sql, binds } = statementOf(kind, await quietRequest('big', job));
    const unindexed = { sql: sql.replaceAll('created', 'unindexed'), binds };
    expect(await rowsExamined[kind](db, unindexed)).toBeGreaterThanOrEqual(rows);
  });

  it('would be seen to be none where the index is missing', async () => {
    await using polls = await openPolls(db.url, {
      table: 'big',
      columns: { include: ['id', 'body'] },
      mode: 'timestamp',
      cursor: 'unindexed',
      nulls: 'include',
    });
    await polls.poll();
    await polls.poll();
    const [request] = polls.requests.filter(({ window }) => window.kind === 'after');
    expect(request).toBeDefined();
    for (const plan of request === undefined ? [] : await explained(statementOf(kind, request))) expect(plan).toMatch(forbidden[kind]);
  });
});
