import { mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { liberate, startLiberate } from '../support/liberate.ts';
import { openPlace, orders, type Place, payments, runOnce, smallShop } from './place.ts';
import { hasTerminal, inTerminal } from './terminal.ts';

let place: Place;
beforeEach(async () => {
  place = await openPlace(smallShop);
});
afterEach(() => place[Symbol.asyncDispose]());

const keys = (topic: string): readonly unknown[] => place.events(topic).map(({ key }) => key);
const ids = (...all: readonly number[]): readonly object[] => all.map((id) => ({ id }));

describe('backfill', () => {
  test('publishes the whole table in key order, and leaves the live mark where it was', async () => {
    const file = place.jobs({ orders, payments });
    await runOnce(file);
    await place.db.run("UPDATE orders SET updated_at = '2026-03-01 00:00:00' WHERE id = 1");
    const mark = async (): Promise<string> => (await liberate(['state', 'show', file, '--json'])).stdout;
    const before = await mark();
    const { code, stdout, stderr } = await liberate(['backfill', file, '--job', 'orders,payments']);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^orders: 4 rows in \S+, [\d,]+ rows\/s\npayments: 3 rows in \S+, [\d,]+ rows\/s\n$/);
    expect(keys('orders').slice(4)).toEqual(ids(1, 2, 3, 4));
    expect(await mark()).toBe(before);
    await runOnce(file);
    expect(keys('orders').slice(8)).toEqual(ids(1));
  });

  test('of a range takes the rows whose cursor is at or after --from and before --to', async () => {
    const file = place.jobs({ orders, payments });
    await liberate(['backfill', file, '--job', 'orders', '--from', '2026-01-02', '--to', '2026-01-03 08:00:00.000003']);
    expect(keys('orders')).toEqual(ids(2));
    await liberate(['backfill', file, '--job', 'orders', '--from', '2026-01-03 08:00:00.000003']);
    expect(keys('orders').slice(1)).toEqual(ids(3, 4));
    await liberate(['backfill', file, '--job', 'payments', '--to', '5']);
    expect(keys('payments')).toEqual(ids(1, 2));
  });

  test('publishes all rows of a query that names its bounds itself', async () => {
    const query = 'SELECT * FROM orders WHERE updated_at >= :since AND updated_at < :until';
    const file = place.jobs({ bounded: { query, key: 'id', cursor: 'updated_at', topic: 'bounded' } });
    expect((await liberate(['backfill', file, '--job', 'bounded'])).code).toBe(0);
    expect(keys('bounded')).toEqual(ids(1, 2, 3, 4));
  });

  test('--dry-run only counts; --json gives the report', async () => {
    const file = place.jobs({ orders });
    expect(await liberate(['backfill', file, '--job', 'orders', '--dry-run'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'orders: about 4 rows\n',
    });
    expect(keys('orders')).toEqual([]);
    const { stdout } = await liberate(['backfill', file, '--job', 'orders', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      job: 'orders',
      published: 4,
      expected: 4,
      deadLetters: 0,
      bytes: expect.any(Number),
      chunks: [{ chunk: 1, range: 'all rows', published: 4, ms: expect.any(Number) }],
      startedAt: expect.any(Number),
      endedAt: expect.any(Number),
    });
  });

  test('takes a table without a key, and of a wildcard each table', async () => {
    await place.db.run("CREATE TABLE lines (text TEXT); INSERT INTO lines VALUES ('b'), ('a'), ('b');");
    const file = place.jobs({ lines: { table: 'lines' }, all: { table: ['orders', 'payments'], topic: 'all.{table}' } });
    expect(await liberate(['backfill', file, '--job', 'lines,all'])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^lines: 3 rows .*\nall\/orders: 4 rows .*\nall\/payments: 3 rows /),
    });
    expect(place.events('lines').map(({ key, value }) => [key, value])).toEqual([
      [null, { text: 'b' }],
      [null, { text: 'a' }],
      [null, { text: 'b' }],
    ]);
    expect([keys('all.orders').length, keys('all.payments').length]).toEqual([4, 3]);
  });

  test('--from on a job without a cursor: 2', async () => {
    const { code, stderr } = await liberate(['backfill', place.jobs({ orders: { table: 'orders' } }), '--job', 'orders', '--from', '1']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/LIB110 job "orders": --from and --to need a cursor/);
  });

  test('interrupted says how to go on, and does so by --resume', async () => {
    await place.db.run(`CREATE TABLE many AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 29000) SELECT id FROM n;
      CREATE UNIQUE INDEX many_id ON many (id)`);
    const file = place.jobs({ many: { table: 'many', key: 'id', batch: 10 } });
    const command = ['backfill', file, '--job', 'many'];
    await using running = startLiberate(command);
    await running.line(({ chunk }) => chunk !== undefined);
    const asked = Date.now();
    running.kill('SIGINT');
    const { code, stderr } = await running.finished;
    expect([code, Date.now() - asked < 5000]).toEqual([130, true]);
    expect(stderr).toMatch(/many: the backfill stopped with [1-5] of 6 chunks done. Go on with .*--job many --resume/);
    expect(await liberate(command)).toMatchObject({ code: 2, stderr: expect.stringMatching(/LIB503 job "many": .* of its 6 chunks/) });
    const dry = await liberate([...command, '--resume', '--dry-run']);
    expect(dry.stderr).toMatch(/^many: about [\d,]+ rows in [1-5] chunks\n {2}\d: after \d+ … /);
    const resumed = await liberate([...command, '--resume', '--parallel', '2']);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/6 chunks, [1-5] of them done already, 2 at a time/);
    expect(new Set(place.events('many').map(({ value }) => value?.['id'])).size).toBe(29_000);
  });

  test('several at a time need a larger pool, and --resume and --restart exclude each other: 2', async () => {
    const file = place.jobs({ orders });
    const refused = async (...more: readonly string[]): Promise<string> => {
      const { code, stderr } = await liberate(['backfill', file, '--job', 'orders', ...more]);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refused('--parallel', '5')).toMatch(
      /LIB110 job "orders": --parallel 5 .* pool has 5. Give at most 4, or raise `pool:` of the source to 6/,
    );
    expect(await refused('--resume', '--restart')).toMatch(/LIB110 job "orders": give either --resume or --restart/);
    expect(await refused('--window', '1')).toMatch(/LIB110: --window is "1"/);
  });

  test('tells how far it is in the log, and ends with 130 when it is interrupted', async () => {
    const query = 'WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 1000000000) SELECT id FROM n';
    mkdirSync(place.path('out'));
    symlinkSync('/dev/null', place.path('out/endless.ndjson'));
    await using running = startLiberate(['backfill', place.jobs({ endless: { query } }), '--job', 'endless']);
    const line = await running.line(({ rows }) => rows !== undefined);
    expect(line.msg).toMatch(/^endless: [\d,]+ rows, [\d,]+ rows\/s$/);
    running.kill('SIGTERM');
    expect((await running.finished).code).toBe(130);
  });

  test.skipIf(!hasTerminal)('shows a bar on a terminal, and the sum in a line of its own after it', async () => {
    const { code, screen } = await inTerminal(['backfill', place.jobs({ orders, payments }), '--job', 'orders,payments']);
    expect(code).toBe(0);
    for (const [job, rows] of [
      ['orders', 4],
      ['payments', 3],
    ] as const) {
      expect(screen).toMatch(
        new RegExp(`${job} █+ 100% {2}${rows} of about ${rows} .*\\r\\n${job}: ${rows} rows in \\S+, [\\d,]+ rows/s\\r\\n`),
      );
    }
  });
});
