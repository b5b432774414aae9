import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liberate } from '../support/liberate.ts';
import { openPlace, orders, type Place, payments, smallShop } from './place.ts';

/** What stands behind a label, of the job's part of the output; lines that follow it included. */
function told(stdout: string, job: string, label: string): string {
  const part = stdout.split('\n\n').find((text) => text.startsWith(`${job}\n`)) ?? '';
  const lines = part.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`  ${label.padEnd(12)}`));
  const end = lines.findIndex((line, at) => at > first && /^ {2}\S/.test(line));
  return lines
    .slice(first, end < 0 ? undefined : end)
    .map((line) => line.slice(14))
    .join('\n');
}

describe('plan', () => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace(`${smallShop} CREATE TABLE bare (id INTEGER PRIMARY KEY, seen_at TIMESTAMP NOT NULL);
      INSERT INTO bare SELECT id, updated_at FROM orders;
      CREATE TABLE listed (id INTEGER PRIMARY KEY, a TIMESTAMP, b TIMESTAMP NOT NULL); INSERT INTO listed VALUES (1, NULL, '2026-01-01');
      CREATE INDEX listed_ab ON listed (COALESCE(a, b), id);
      CREATE TABLE empty (id INTEGER PRIMARY KEY AUTOINCREMENT);`);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  test('says of a three-line job all that it has become, and does nothing', async () => {
    const file = place.jobs({ orders });
    const { code, stdout, stderr } = await liberate(['plan', file]);
    expect([code, stderr]).toEqual([0, '']);
    const of = (label: string): string => told(stdout, 'orders', label);
    expect(of('reads')).toMatch(/^orders of source default, SQLite 3\./);
    expect(of('topic')).toBe('orders of sink default, will be made at the first run');
    expect([of('mode'), of('cursor'), of('key')]).toEqual(['timestamp', 'updated_at', 'id']);
    expect(of('keys').replaceAll('\n', ' · ')).toBe(
      'source: default · sink: default · columns: all · mask: none · where: all rows · deleted: none · initial: bulk · batch: 10000 · lookback: what the source needs · order: relaxed · ' +
        'nulls: error · reconcile: never · onBadRow: fail · format: json · keyFormat: json · envelope: none · compatibility: forward · onSchemaChange: stop · headers: none · partitionBy: the key · eventTime: the cursor, or the time of reading · every: 10s · wake: none · jitter: 0ms · overlap: skip · timeout: none · retries: 5 · enabled: true',
    );
    expect(of('event')).toMatch(/^id {10}INTEGER NOT NULL {4}→ as stored/);
    expect(of('schema')).toBe(
      `${/^[0-9a-f]{16}/.exec(of('schema'))?.[0]}, nothing yet in ${place.path('out/orders.schema.json')}, so there is nothing to compare with`,
    );
    expect(of('guarantee')).toMatch(/^every row whose stamp the server makes, /);
    expect(of('privilege')).toBe('none but SELECT');
    expect(of('look-back')).toBe('5s now (single writer; lookback 5s)');
    expect(of('cannot see')).toContain('an UPDATE that leaves updated_at alone; a DELETE');
    expect(of('load')).toMatch(
      /^SELECT .* FROM "orders" q WHERE q\."updated_at" IS NOT NULL ORDER BY q\."updated_at", q\."id" LIMIT 251\n/,
    );
    expect(of('poll')).toMatch(/ WHERE q\."updated_at" >= min\(\?, \?\) .*\nbinds: \?1 = '2026-01-03 08:00:00\.000003', \?2 = 4, /);
    expect(of('explain')).toMatch(/as SQLite .* prints it:\nSEARCH q USING INDEX orders_updated_at \(updated_at>\?\)$/);
    expect([of('verdict'), of('index')]).toEqual(['index range', 'nothing to add']);
    expect(existsSync(place.path('out'))).toBe(false);
    expect(existsSync(place.path('jobs-1.state.db'))).toBe(false);
  });

  test('shows a full scan, and the index that turns it into a range; validate says the same of both', async () => {
    const file = place.jobs({ bare: { table: 'bare', cursor: 'seen_at' }, listed: { table: 'listed', cursor: ['a', 'b'] } });
    const before = (await liberate(['plan', file])).stdout;
    expect(told(before, 'bare', 'verdict')).toBe('full scan of bare and a sort');
    expect(told(before, 'bare', 'explain')).toMatch(/\nSCAN q\nUSE TEMP B-TREE FOR ORDER BY$/);
    // An index on the expression serves it, of which only the database's own plan knows.
    expect(told(before, 'listed', 'verdict')).toBe('index range');
    const advice = told(before, 'bare', 'index');
    expect(advice).toBe('CREATE INDEX "bare_seen_at_id" ON "bare" ("seen_at", "id");');
    const validated = (await liberate(['validate', file])).stdout;
    expect(validated).toContain(`each poll reads the whole table. ${advice.slice(0, -1)}\n`);
    expect(validated).not.toContain('listed begins with the cursor');
    await place.db.run(advice);
    const after = (await liberate(['plan', file])).stdout;
    expect([told(after, 'bare', 'verdict'), told(after, 'bare', 'index')]).toEqual(['index range', 'nothing to add']);
    expect((await liberate(['validate', file])).stdout).not.toContain('reads the whole table');
  });

  test('shows how missing ids are read again, what raises an incrementing job, and a bulk job without a poll', async () => {
    const { stdout } = await liberate([
      'plan',
      place.jobs({ payments, whole: { table: 'orders', topic: 'whole' }, empty: { table: 'empty', cursor: 'id' } }),
    ]);
    expect(told(stdout, 'payments', 'look-back')).toMatch(/^5s now/);
    expect(stdout).toMatch(
      /while ids below the mark are missing .*\n {14}SELECT .* WHERE q\."id" >= \? AND \(q\."id" BETWEEN \? AND \? OR q\."id" > \?\) /,
    );
    expect(told(stdout, 'payments', 'verdict')).toBe('index range; its look-back too');
    expect(told(stdout, 'payments', 'raised by')).toContain('timestamp');
    expect(told(stdout, 'payments', 'cannot see')).toMatch(/^an UPDATE; a DELETE; /);
    expect(told(stdout, 'whole', 'poll')).toBe('a bulk job does not poll: each run is a load');
    expect(told(stdout, 'empty', 'poll')).toBe('there is no row yet that a poll could stand at');
  });

  test('says of a query that it reads a table whole, and how that is bounded; with :since it is a range', async () => {
    const text = 'SELECT id, updated_at FROM orders';
    const query = { key: 'id', cursor: 'updated_at' };
    const jobs = {
      whole: { ...query, query: `SELECT id, max(updated_at) AS updated_at FROM orders GROUP BY id` },
      bounded: { ...query, query: `${text} WHERE updated_at >= :since AND updated_at < :until` },
    };
    const { code, stdout } = await liberate(['plan', place.jobs(jobs)]);
    expect(code).toBe(0);
    expect(told(stdout, 'whole', 'verdict')).toMatch(/^full scan of .*orders/);
    expect(told(stdout, 'whole', 'index')).toMatch(/^not told for a query: bound the cursor inside it by :since/);
    expect(told(stdout, 'bounded', 'verdict')).toMatch(/^index range/);
    expect(told(stdout, 'bounded', 'poll')).toContain('WHERE updated_at >= min(?, ?)');
  });

  test('--json says the same for a program; a job that cannot be planned hides no other: 2', async () => {
    const { code, stdout } = await liberate(['plan', '--json', place.jobs({ gone: { table: 'gone', cursor: 'id' }, orders })]);
    expect(code).toBe(2);
    const { jobs, findings } = JSON.parse(stdout) as { readonly jobs: readonly object[]; readonly findings: readonly object[] };
    expect(findings).toEqual([expect.objectContaining({ severity: 'error', code: 'LIB203', job: 'gone' })]);
    expect(jobs).toEqual([
      {
        job: 'orders',
        relation: 'orders',
        source: 'default',
        database: expect.stringMatching(/^SQLite/),
        topic: { name: 'orders', sink: 'default', keyed: true, exists: false, partitions: null, policy: null },
        mode: 'timestamp',
        cursor: ['updated_at'],
        key: ['id'],
        order: ['id'],
        keys: expect.objectContaining({ every: '10s', retries: '5' }),
        columns: expect.arrayContaining([
          { name: 'big', column: 'big', type: 'BIGINT', json: expect.any(String), nullable: true, key: false, cursor: false, facts: {} },
        ]),
        schema: expect.objectContaining({ ok: true, kept: { place: place.path('out/orders.schema.json'), versions: [] }, breaks: [] }),
        statements: {
          load: { sql: expect.stringContaining('SELECT'), binds: expect.any(Array) },
          poll: { sql: expect.stringContaining('min(?, ?)'), binds: expect.any(Array) },
          lookback: null,
          nulls: null,
        },
        noPoll: null,
        explain: { of: 'poll', lines: [expect.stringContaining('SEARCH')], scans: [], sorts: false, verdict: 'index range' },
        index: null,
        guarantee: expect.any(String),
        method: expect.any(String),
        privilege: null,
        lookback: { ms: 5000, by: expect.any(String) },
        cost: expect.any(String),
        raise: null,
        blind: expect.any(Array),
        reread: null,
        wake: null,
      },
    ]);
  });
});
