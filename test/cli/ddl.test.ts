import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { liberate, type RunningLiberate, startLiberate } from '../support/liberate.ts';
import { type Event, openPlace, orders, type Place, smallShop } from './place.ts';

vi.setConfig({ testTimeout: 120_000 });

/** What a topic folds to: the newest value of each id. */
function fold(events: readonly Event[]): ReadonlyMap<string, Event['value']> {
  const folded = new Map<string, Event['value']>();
  for (const { key, value } of events) folded.set(JSON.stringify(key), value);
  return folded;
}

describe('DDL beside a process', () => {
  let place: Place;
  beforeEach(async () => {
    place = await openPlace(smallShop);
  });
  afterEach(() => place[Symbol.asyncDispose]());

  const insert = (id: number, columns: string, values: string): Promise<void> =>
    place.db.run(
      `INSERT INTO orders (id, status, updated_at, ${columns}) VALUES (${id}, 'new', '2026-02-01 08:00:00.00000${id}', ${values})`,
    );

  test('that breaks consumers lets nothing out, exits with 1 and names column and cure; undone, everything comes', async () => {
    const file = place.jobs({ orders });
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 0 });
    const before = place.events('orders');
    await place.db.run('ALTER TABLE orders DROP COLUMN total');
    await insert(5, 'note', "'no total'");
    const refused = await liberate(['run', file, '--once']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/LIB701 job \\"orders\\", column \\"total\\": .*it was TEXT NOT NULL.*Keep the column/);
    expect(place.events('orders')).toEqual(before);
    expect(await liberate(['status', file])).toMatchObject({ code: 1 });
    await place.db.run("ALTER TABLE orders ADD COLUMN total TEXT NOT NULL DEFAULT '0'");
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 0 });
    expect(fold(place.events('orders')).get('{"id":5}')).toMatchObject({ id: 5, total: '0' });
  });

  test('that consumers can read is published by the same process, which never failed', async () => {
    const file = place.jobs({ orders: { ...orders, every: '50ms' } });
    await using running = startLiberate(['run', file]);
    await running.line(({ published }) => published === 4);
    await place.db.run('ALTER TABLE orders ADD COLUMN extra TEXT');
    await insert(5, 'total, extra', "'1', 'more'");
    await vi.waitUntil(() => fold(place.events('orders')).has('{"id":5}'), { timeout: 50_000, interval: 20 });
    expect(fold(place.events('orders')).get('{"id":5}')).toMatchObject({ id: 5, extra: 'more' });
    expect(running.lines().filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
    const history = JSON.parse((await liberate(['schema', 'show', file, '--json'])).stdout) as object;
    expect(JSON.stringify(history)).toContain('extra');
  });

  test.each([
    ['a reconcile', { ...orders, every: '50ms', reconcile: '1s' }],
    ['a bulk job', { table: 'orders', every: '50ms' }],
  ])('that changes no stamp is found by %s, which publishes every row anew', async (_, job) => {
    const file = place.jobs({ orders: job });
    await using running = startLiberate(['run', file]);
    await running.line(({ published }) => published === 4);
    await place.db.run('ALTER TABLE orders ADD COLUMN extra INTEGER NOT NULL DEFAULT 5');
    const extras = (): readonly unknown[] => [...fold(place.events('orders')).values()].map((value) => value?.['extra']);
    await vi.waitUntil(() => extras().every((extra) => extra === 5), { timeout: 50_000, interval: 20 });
    expect(place.events('orders')).toHaveLength(8);
  });

  const moments: readonly (readonly [string, (running: RunningLiberate) => Promise<unknown>])[] = [
    ['as soon as it is said', (running) => running.line(({ msg }) => msg.includes('goes on in orders.v2'))],
    ['once the new topic is being loaded', (running) => running.line((line) => JSON.stringify(line).includes('"topic":"orders.v2"'))],
    ['while it is loaded', () => vi.waitUntil(() => place.events('orders.v2').length > 100, { timeout: 50_000, interval: 1 })],
  ];

  test.each(moments)('that begins the next topic survives a kill %s: the old one as it was, the new one the table', async (_, moment) => {
    await place.db.run(
      `WITH RECURSIVE s (n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM s WHERE n < 8000)
       INSERT INTO orders SELECT n, 'paid', NULL, '1.00', n, '2026-01-04 08:00:00.000004' FROM s`,
    );
    const file = place.jobs({ orders: { ...orders, every: '50ms', onSchemaChange: 'newTopic' } });
    const before = await (async () => {
      await using running = startLiberate(['run', file]);
      await running.line(({ published }) => published === 7_995);
      const events = place.events('orders');
      await place.db.run('ALTER TABLE orders DROP COLUMN total');
      await insert(5, 'note', "'no total'");
      await moment(running);
      running.kill('SIGKILL');
      await running.finished;
      return events;
    })();
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 0 });
    expect(place.events('orders').length).toBe(before.length);
    const folded = fold(place.events('orders.v2'));
    expect(folded.size).toBe(7_996);
    expect(folded.get('{"id":5}')).toMatchObject({ note: 'no total' });
    expect([...folded.values()].filter((value) => value !== null && 'total' in value)).toEqual([]);
    expect(await liberate(['verify', file, '--job', 'orders'])).toMatchObject({ code: 0 });
    const [status] = JSON.parse((await liberate(['status', file, '--json'])).stdout) as [object];
    expect(status).toMatchObject({ job: 'orders', health: 'ok', topicVersion: 2, loaded: true });
  });
});
