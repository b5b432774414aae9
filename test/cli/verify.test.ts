import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Finished, liberate, startLiberate } from '../support/liberate.ts';
import { openPlace, orders, type Place, payments, runOnce, smallShop } from './place.ts';

let place: Place;
let file: string;
beforeEach(async () => {
  place = await openPlace(smallShop);
  file = place.jobs({ orders, payments });
});
afterEach(() => place[Symbol.asyncDispose]());

const verify = (...more: readonly string[]): Promise<Finished> => liberate(['verify', file, '--job', 'orders', ...more]);
const report = ({ stdout }: Finished): unknown => JSON.parse(stdout);

/** Changes the lines of the stream as a fault would. */
function damage(change: (lines: string[]) => readonly string[]): void {
  const path = place.path('out/orders.ndjson');
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  writeFileSync(path, `${change(lines).join('\n')}\n`);
}

describe('verify', () => {
  test('a stream that is the table: 0, with a line a job on stdout', async () => {
    await runOnce(file);
    const { code, stdout } = await liberate(['verify', file, '--job', 'orders,payments']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ orders +│ the table │ 4 +│ 4 +│ 0 +│ 0 +│ 0 +│ 0 +│/);
    expect(stdout).toMatch(/│ payments +│ the table │ 3 +│ 3 +│ 0 +│ 0 +│ 0 +│ 0 +│/);
  });

  test('an event that was dropped, an old one that came again, one changed in a byte, a key too many: 1, and each by its key', async () => {
    await runOnce(file);
    await place.db.run("UPDATE orders SET status = 'sent', updated_at = '2026-03-01 00:00:00' WHERE id = 2");
    await runOnce(file);
    damage(([one, two, three, four, newTwo]) => {
      const extra = String(one).replaceAll('"id":1', '"id":11');
      return [`${one}`.replace('10.50', '10.51'), `${two}`, `${three}`, `${newTwo}`, extra, `${two}`].filter((line) => line !== four);
    });
    const found = await verify();
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/│ orders │ differs │ 4 +│ 6 +│ 1 +│ 2 +│ 1 +│ 0 +│/);
    expect(found.stdout).toMatch(/^orders: missing: {"id":4}$/m);
    expect(found.stdout).toMatch(/^orders: stale: {"id":1}, {"id":2}$/m);
    expect(found.stdout).toMatch(/^orders: extra: {"id":11}$/m);
    expect(found.stdout).toMatch(/^orders: extra keys are no fault of this job: it does not publish deletes$/m);

    const mended = await verify('--repair', '--tombstones', '--json');
    expect(mended.code).toBe(0);
    expect(report(mended)).toMatchObject({ same: true, missing: 1, stale: 2, extra: 1, repaired: { published: 3, tombstones: 1 } });
    expect(
      place
        .events('orders')
        .slice(6)
        .map(({ key, value }) => [key, value === null]),
    ).toEqual([
      [{ id: 1 }, false],
      [{ id: 2 }, false],
      [{ id: 4 }, false],
      [{ id: 11 }, true],
    ]);
    expect(await verify('--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"missing":0,"stale":0,"extra":0,"inFlight":0'),
    });
    await runOnce(file);
    expect(place.events('orders')).toHaveLength(10);
  });

  test('rows that wait for the next poll are in flight, not missing', async () => {
    await runOnce(file);
    await place.db.run(
      "UPDATE orders SET status = 'sent', updated_at = '2026-03-01 00:00:00' WHERE id = 2; INSERT INTO payments VALUES (3, 1, 1), (9, 1, 1)",
    );
    expect(await verify('--json')).toMatchObject({ code: 0, stdout: expect.stringContaining('"inFlight":1') });
    const { code, stdout } = await liberate(['verify', file, '--job', 'payments', '--json']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('"missing":0,"stale":0,"extra":0,"inFlight":2')]);
  });

  test('a bulk job whose runner has gone: what changed since is stale', async () => {
    file = place.jobs({ orders: { table: 'orders' } });
    await runOnce(file);
    await place.db.run("UPDATE orders SET status = 'sent' WHERE id = 2");
    expect(await verify('--json')).toMatchObject({ code: 1, stdout: expect.stringContaining('"stale":1') });
    await runOnce(file);
    expect(await verify()).toMatchObject({ code: 0 });
  });

  test('initial: from compares the rows from there on, and initial: skip calls nothing missing', async () => {
    file = place.jobs({ orders: { ...orders, initial: { from: '2026-01-02' } } });
    await runOnce(file);
    expect(await verify('--json')).toMatchObject({ code: 0, stdout: expect.stringContaining('"rows":3,"events":3') });
    file = place.jobs({ orders: { ...orders, initial: 'skip' } }, { sink: 'ndjson:skipped', state: 'sqlite:skipped.db' });
    await runOnce(file);
    expect(await verify('--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"missing":0,"stale":0,"extra":0,"inFlight":0,"unloaded":4'),
    });
  });

  test('rows without a cursor under nulls: include, and a stamp with an id; of several tables each has its line', async () => {
    await place.db.run(
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, seen TIMESTAMP); INSERT INTO notes VALUES (1, 'a', NULL), (2, 'b', '2026-01-01')",
    );
    const notes = { cursor: 'seen', mode: 'timestamp+incrementing', nulls: 'include', topic: 'of.{table}' };
    file = place.jobs({ orders: { ...notes, table: ['notes', 'notes'] } });
    await runOnce(file);
    await place.db.run("UPDATE notes SET text = 'c' WHERE id = 1");
    const { code, stdout } = await verify('--json');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/"job":"orders\/notes","topic":"of.notes".*"rows":2,"events":2,"missing":0,"stale":0,"extra":0,"inFlight":1/),
    ]);
    await runOnce(file);
    expect(await verify('--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"rows":2,"events":3,"missing":0,"stale":0,"extra":0,"inFlight":0'),
    });
  });

  test('a query that names :since is read whole', async () => {
    const query = 'SELECT o.id, o.status, o.updated_at FROM orders o WHERE o.updated_at >= :since';
    file = place.jobs({ orders: { query, key: 'id', cursor: 'updated_at' } });
    await runOnce(file);
    expect(await verify('--json')).toMatchObject({ code: 0, stdout: expect.stringContaining('"rows":4,"events":4,"missing":0') });
  });

  test('what cannot be verified is refused: stdout, a job without a key, a key that is not unique, no stream, a saved mark of another job', async () => {
    expect(await verify()).toMatchObject({ code: 1, stderr: expect.stringMatching(/LIB303 job "orders": topic orders has no file/) });
    await runOnce(file);
    expect(await verify('--tombstones')).toMatchObject({ code: 2, stderr: expect.stringContaining('LIB110') });
    file = place.jobs({ orders: { table: 'orders', cursor: 'id' } }, { state: 'sqlite:jobs-1.state.db' });
    await place.db.run("INSERT INTO orders VALUES (7, 'new', NULL, '1', 1, '2026-01-01')");
    expect(await verify()).toMatchObject({ code: 1, stderr: expect.stringContaining('LIB501 job "orders"') });
    file = place.jobs({ orders: { ...orders, key: 'status' } });
    expect(await verify()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('LIB212 job "orders": two rows of orders have the same status'),
    });
    await place.db.run('CREATE TABLE lines (text TEXT)');
    file = place.jobs({ orders: { table: 'lines' } });
    expect(await verify()).toMatchObject({ code: 1, stderr: expect.stringContaining('LIB206 job "orders"') });
    file = place.jobs({ orders }, { sink: 'stdout' });
    expect(await verify()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/LIB110: what sink "default" was sent to stdout cannot be read back/),
    });
  });

  test('tells how far it is, and ends with 130 when it is interrupted', async () => {
    const query = 'WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 1000000000) SELECT id FROM n';
    file = place.jobs({ orders: { query, key: 'id' } });
    mkdirSync(place.path('out'));
    symlinkSync('/dev/null', place.path('out/orders.ndjson'));
    await using running = startLiberate(['verify', file, '--job', 'orders']);
    const line = await running.line(({ rows }) => rows !== undefined);
    expect(line.msg).toMatch(/^orders: [\d,]+ rows, [\d,]+ rows\/s$/);
    running.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
  });
});
