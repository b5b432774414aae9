import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { liberate } from '../support/liberate.ts';
import { openPlace, orders, type Place, payments, runOnce, smallShop } from './place.ts';

let place: Place;
beforeEach(async () => {
  place = await openPlace(smallShop);
});
afterEach(() => place[Symbol.asyncDispose]());

const runJobs = (jobs: object, more: object = {}): Promise<void> => runOnce(place.jobs(jobs, more));
const keys = (topic: string): readonly unknown[] => place.events(topic).map(({ key }) => key);

describe('what a job of the file says', () => {
  test('a stamp is the record time, to the millisecond; in the zone of the source', async () => {
    await runJobs({ utc: { ...orders, topic: 'utc' } });
    expect(place.events('utc')[0]).toMatchObject({
      value: { updated_at: '2026-01-01 08:00:00.000001' },
      timestamp: '2026-01-01T08:00:00.000Z',
    });
    await runJobs({ berlin: orders }, { source: { url: 'sqlite:shop.db', timezone: 'Europe/Berlin' } });
    expect(place.events('berlin')[0]).toMatchObject({
      value: { updated_at: '2026-01-01 08:00:00.000001' },
      timestamp: '2026-01-01T07:00:00.000Z',
    });
  });

  test('an id says no time: the record has the time at which the row was read', async () => {
    const before = Date.now();
    await runJobs({ payments });
    const time = Date.parse(place.events('payments')[0]?.timestamp ?? '');
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });

  test('columns: some left out, one renamed, also where it is the key; or only those that are listed', async () => {
    await runJobs({
      fewer: { ...orders, columns: { exclude: ['note', 'big'], rename: { id: 'order_id' } } },
      listed: { ...orders, columns: ['status', 'total'] },
    });
    expect(place.events('fewer')[0]).toMatchObject({
      key: { order_id: 1 },
      value: { order_id: 1, status: 'paid', total: '10.50', updated_at: '2026-01-01 08:00:00.000001' },
    });
    expect(Object.keys(place.events('fewer')[0]?.value ?? {})).toEqual(['order_id', 'status', 'total', 'updated_at']);
    expect(place.events('listed')[0]).toMatchObject({ key: { id: 1 }, timestamp: '2026-01-01T08:00:00.000Z' });
    expect(place.events('listed')[0]?.value).toEqual({ status: 'paid', total: '10.50' });
  });

  test('where: only the rows that meet it, and later ones too', async () => {
    const file = place.jobs({ paid: { ...orders, where: "status = 'paid' OR note = 'x'" } });
    await runOnce(file);
    await place.db.run(
      "UPDATE orders SET note = 'x', updated_at = '2026-01-05 00:00:00'  WHERE id = 2; UPDATE orders SET updated_at = '2026-01-05 00:00:00' WHERE id = 4;",
    );
    await runOnce(file);
    expect(keys('paid')).toEqual([{ id: 1 }, { id: 3 }, { id: 2 }]);
  });

  test('headers: those of the job beside what liberate says of each record', async () => {
    await runJobs(
      { orders: { ...orders, headers: { team: 'shop', 'content-type': 'application/json' } } },
      { source: undefined, sources: { shop: 'sqlite:shop.db' } },
    );
    expect(place.events('orders')[0]?.headers).toEqual({
      team: 'shop',
      'content-type': 'application/json',
      'liberate.job': 'orders',
      'liberate.source': 'shop',
      'liberate.schema': expect.stringMatching(/^[0-9a-f]{16}$/),
      'liberate.op': 'upsert',
    });
  });

  test('topic: a template of source, schema, table and job', async () => {
    await runJobs(
      { o: { ...orders, topic: '{source}.{schema}.{table}-{job}' } },
      { source: undefined, sources: { shop: 'sqlite:shop.db' } },
    );
    // SQLite has no schemas: the file stands in for one.
    expect(keys('shop.shop.db.orders-o')).toHaveLength(4);
  });

  test('a list as cursor: the first that is not NULL counts', async () => {
    await place.db.run(`CREATE TABLE items (id INTEGER PRIMARY KEY, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP);
                        INSERT INTO items VALUES (1, '2026-01-05 00:00:00', NULL), (2, '2026-01-01 00:00:00', '2026-01-06 00:00:00'), (3, '2026-01-04 00:00:00', NULL);`);
    const file = place.jobs({ items: { table: 'items', cursor: ['updated_at', 'created_at'] } });
    await runOnce(file);
    expect(place.events('items').map(({ key, timestamp }) => [key, timestamp])).toEqual([
      [{ id: 3 }, '2026-01-04T00:00:00.000Z'],
      [{ id: 1 }, '2026-01-05T00:00:00.000Z'],
      [{ id: 2 }, '2026-01-06T00:00:00.000Z'],
    ]);
    await place.db.run("UPDATE items SET updated_at = '2026-01-07 00:00:00' WHERE id = 3");
    await runOnce(file);
    expect(keys('items').slice(3)).toEqual([{ id: 3 }]);
  });

  test('wildcards: a job, a topic and a mark for each table but those carved out', async () => {
    await place.db.run(
      'CREATE TABLE tmp_orders (id INTEGER PRIMARY KEY, updated_at TIMESTAMP NOT NULL); INSERT INTO tmp_orders VALUES (1, 1);',
    );
    const file = place.jobs({
      all: { table: ['*', '!tmp_*', '!payments'], cursor: 'updated_at' },
      two: { table: ['payments', 'orders'], topic: 'two.{table}' },
    });
    await runOnce(file);
    expect(
      ['shop.db.orders', 'shop.db.tmp_orders', 'shop.db.payments', 'two.payments', 'two.orders'].map((topic) => keys(topic).length),
    ).toEqual([4, 0, 0, 3, 4]);
    const { stdout } = await liberate(['status', file, '--json']);
    expect((JSON.parse(stdout) as readonly { readonly job: string }[]).map(({ job }) => job).sort()).toEqual([
      'all/orders',
      'two/orders',
      'two/payments',
    ]);
  });

  test('initial: skip publishes only what comes later', async () => {
    const file = place.jobs({ orders: { ...orders, initial: 'skip' }, payments: { ...payments, initial: 'skip' } });
    await runOnce(file);
    await place.db.run(
      "UPDATE orders SET status = 'x', updated_at = '2026-02-01 00:00:00' WHERE id = 2; INSERT INTO payments VALUES (7, 1, 1), (3, 1, 1);",
    );
    await runOnce(file);
    expect(keys('orders')).toEqual([{ id: 2 }]);
    expect(keys('payments')).toEqual([{ id: 3 }, { id: 7 }]);
  });

  test('initial: from publishes the rows at or after it, and what comes later', async () => {
    const file = place.jobs({
      orders: { ...orders, initial: { from: '2026-01-02 08:00:00.000002' } },
      payments: { ...payments, initial: { from: 2 } },
    });
    await runOnce(file);
    expect(keys('orders')).toEqual([{ id: 2 }, { id: 3 }, { id: 4 }]);
    expect(keys('payments')).toEqual([{ id: 2 }, { id: 5 }]);
    await place.db.run("UPDATE orders SET updated_at = '2026-02-01 00:00:00' WHERE id = 1");
    await runOnce(file);
    expect(keys('orders').slice(3)).toEqual([{ id: 1 }]);
  });

  test('without a cursor the whole table comes, and then what has changed of it', async () => {
    const file = place.jobs({ orders: { table: 'orders' } });
    await runOnce(file);
    await runOnce(file);
    expect(keys('orders')).toEqual([1, 2, 3, 4].map((id) => ({ id })));
    await place.db.run("UPDATE orders SET updated_at = '2026-02-01 00:00:00' WHERE id = 2; DELETE FROM orders WHERE id = 3");
    await runOnce(file);
    expect(keys('orders').slice(4)).toEqual(expect.arrayContaining([{ id: 2 }, { id: 3 }]));
    expect(place.events('orders').filter(({ value }) => value === null)).toMatchObject([{ key: { id: 3 } }]);
  });

  test('without a cursor and without a key the whole table comes each time', async () => {
    await place.db.run("CREATE TABLE lines (text TEXT); INSERT INTO lines VALUES ('a'), ('b');");
    const file = place.jobs({ lines: { table: 'lines' } });
    await runOnce(file);
    await runOnce(file);
    expect(place.events('lines')).toHaveLength(4);
  });
});

describe('the file itself', () => {
  const text = `# yaml-language-server: $schema=./liberate.schema.json
# \${NOT_SET} in a comment is nobody's business.
source: sqlite:\${SHOP_FILE}
sink: ndjson:\${OUT:-out}
jobs:
  orders: { table: orders, cursor: updated_at, headers: { token: "\${file:token.txt}", price: "$\${{5}}" } }
`;

  test('may name its schema, variables with fallbacks, and files beside it; paths start where it lies', async () => {
    place.write('token.txt', 'from a file\n');
    const file = place.write('named.yaml', text);
    expect(await liberate(['run', file, '--once'], { env: { SHOP_FILE: 'shop.db' }, cwd: '/' })).toMatchObject({ code: 0 });
    expect(place.events('orders')[0]?.headers).toMatchObject({ token: 'from a file', price: '${5}' });
  });

  test('with a variable that is not set: 2, naming it and its place', async () => {
    place.write('token.txt', 'x');
    const { code, stderr } = await liberate(['run', place.write('unset.yaml', text), '--once']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/unset\.yaml:3:\d+: LIB106: .*SHOP_FILE/);
  });

  test('under --json tells its mistakes as JSON', async () => {
    const { code, stdout, stderr } = await liberate([
      'validate',
      place.write('wrong.yaml', 'source: sqlite:x\nsink: stdout\njobs: { a: { tabel: b } }\n'),
      '--json',
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      problems: expect.arrayContaining([expect.objectContaining({ code: 'LIB104', line: 3, path: 'jobs.a.tabel' })]),
    });
  });
});
