import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { openPolls, type Statement, statementOf } from '../support/quiet-poll.ts';

const rows = 100_000;

/** `changed` is set by an update alone, so the newest of a row is the COALESCE of both. */
const tables: Readonly<Record<DatabaseKind, string>> = {
  postgres: `
    CREATE TABLE big (id bigint PRIMARY KEY, created timestamptz NOT NULL, changed timestamptz, unindexed timestamptz, body text NOT NULL);
    INSERT INTO big SELECT n, now() - interval '2 days' + n * interval '1 second', NULL, now() - interval '2 days' + n * interval '1 second', md5(n::text) FROM generate_series(1, ${rows}) n;
    CREATE INDEX ON big (created, id); CREATE INDEX ON big (COALESCE(changed, created), id);`,
  mariadb: `
    CREATE TABLE big (id bigint PRIMARY KEY, created datetime(6) NOT NULL, changed datetime(6), unindexed datetime(6) DEFAULT NOW(6), body varchar(40) NOT NULL,
      newest datetime(6) AS (COALESCE(changed, created)) PERSISTENT, KEY (created, id), KEY (newest, id)) ENGINE = InnoDB;
    INSERT INTO big (id, created, unindexed, body) SELECT seq, NOW(6) - INTERVAL 2 DAY + INTERVAL seq SECOND, NOW(6) - INTERVAL 2 DAY + INTERVAL seq SECOND, MD5(seq) FROM seq_1_to_${rows};`,
  sqlite: `
    CREATE TABLE big (id INTEGER PRIMARY KEY, created TIMESTAMP NOT NULL, changed TIMESTAMP, unindexed TIMESTAMP, body TEXT NOT NULL);
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO big SELECT i, strftime('%Y-%m-%d %H:%M:%f', 'now', '-2 days', i || ' seconds'), NULL, datetime('now', '-2 days', i || ' seconds'), hex(i) FROM n;
    CREATE INDEX big_created ON big (created, id); CREATE INDEX big_newest ON big (COALESCE(changed, created), id);`,
};

const analyse: Readonly<Record<DatabaseKind, string>> = { postgres: 'ANALYZE big', mariadb: 'ANALYZE TABLE big', sqlite: 'ANALYZE big' };
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

describe.each(['postgres', 'mariadb', 'sqlite'] as const)(`the statement of a poll with its look-back, on %s, of ${rows} rows`, (kind) => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createDatabase[kind]();
    await db.run(tables[kind]);
    await db.run(analyse[kind]);
  });
  afterAll(async () => db?.[Symbol.asyncDispose]());

  async function explained({ sql, binds }: Statement): Promise<readonly string[]> {
    if (kind === 'postgres')
      return [await preparedPlan(sql, binds, 'force_custom_plan'), await preparedPlan(sql, binds, 'force_generic_plan')];
    if (kind === 'mariadb') return [(await db.rows(`EXPLAIN ${sql}`)).map((row) => [row[3], row[9]].join(' ')).join('\n')];
    let at = 0;
    const bound = sql.replaceAll('?', () => binds[at++] ?? 'NULL');
    return [(await db.rows(`EXPLAIN QUERY PLAN ${bound}`)).map((row) => row.at(-1)).join('\n')];
  }

  /** liberate prepares its statements, so a plan for any binds may be taken too. */
  async function preparedPlan(sql: string, binds: readonly string[], mode: string): Promise<string> {
    await db.run(`SET plan_cache_mode = ${mode}; PREPARE asked AS ${sql}`);
    const plan = await db.rows(`EXPLAIN EXECUTE asked(${binds.join(', ')})`);
    await db.run('DEALLOCATE asked');
    return plan.join('\n');
  }

  it.each(ways(kind))('is an index range without a sort: $how', async ({ job }) => {
    await using polls = await openPolls(db.url, { table: 'big', columns: { include: ['id', 'body'] }, ...job });
    await polls.poll();
    // Rows within the look-back, and ids left out below the mark.
    const [[last]] = (await db.rows('SELECT max(id) FROM big')) as [[string]];
    for (const step of [2, 4, 7]) {
      await db.run(`INSERT INTO big (id, created, body) VALUES (${Number(last) + step}, ${now[kind]}, 'new')`);
    }
    expect(await polls.poll()).toMatchObject({ published: 3 });
    expect(await polls.poll()).toMatchObject({ published: 0 });
    expect(polls.requests).toHaveLength(1);
    for (const request of polls.requests) {
      expect(request.window.kind).toBe(job.mode === 'incrementing' ? 'gaps' : 'after');
      for (const plan of await explained(statementOf(kind, request))) expect(plan).not.toMatch(forbidden[kind]);
    }
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
