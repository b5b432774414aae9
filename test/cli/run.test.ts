import { mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { liberate, startLiberate } from '../support/liberate.ts';
import { eventsOf, openPlace, orders, type Place, payments, smallShop } from './place.ts';

let place: Place;
beforeEach(async () => {
  place = await openPlace(smallShop);
});
afterEach(() => place[Symbol.asyncDispose]());

describe('run --once', () => {
  test('loads, and a second time publishes nothing; both exit with 0', async () => {
    const file = place.jobs({ orders, payments });
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 0, stdout: '' });
    expect([place.events('orders').length, place.events('payments').length]).toEqual([4, 3]);
    const again = await liberate(['run', file, '--once', '--log-level', 'debug']);
    expect(again.code).toBe(0);
    expect(again.stderr.match(/"outcome":"ok","published":0/g)).toHaveLength(2);
    expect([place.events('orders').length, place.events('payments').length]).toEqual([4, 3]);
  });

  test('publishes what was inserted and updated since, and the row that came into an id gap', async () => {
    const file = place.jobs({ orders, payments });
    await liberate(['run', file, '--once']);
    await place.db.run(`UPDATE orders SET status = 'sent', updated_at = '2026-01-04 08:00:00' WHERE id = 1;
                        INSERT INTO orders VALUES (5, 'paid', NULL, '1', NULL, '2026-01-04 08:00:00');
                        INSERT INTO payments VALUES (4, 4, 800), (6, 5, 100);`);
    await liberate(['run', file, '--once']);
    expect(
      place
        .events('orders')
        .slice(4)
        .map(({ key }) => key),
    ).toEqual([{ id: 1 }, { id: 5 }]);
    expect(
      place
        .events('payments')
        .slice(3)
        .map(({ key }) => key),
    ).toEqual([{ id: 4 }, { id: 6 }]);
  });

  test('with --job runs only these, also disabled ones, in front of the file, parted by commas or repeated', async () => {
    const file = place.jobs({ orders, payments, off: { ...orders, enabled: false }, other: { ...payments, topic: 'other' } });
    expect(await liberate(['run', '--once', '--job', 'orders, off', '--job', 'other', file])).toMatchObject({ code: 0 });
    expect(['orders', 'off', 'other', 'payments'].map((topic) => place.events(topic).length)).toEqual([4, 4, 3, 0]);
    expect(await liberate(['run', '--once', file])).toMatchObject({ code: 0 });
    expect(['off', 'payments'].map((topic) => place.events(topic).length)).toEqual([4, 3]);
  });

  test('that is stopped before its end exits with 130, SIGTERM or not: there is work left', async () => {
    const query = 'WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 1000000000) SELECT id FROM n';
    mkdirSync(place.path('out'));
    symlinkSync('/dev/null', place.path('out/endless.ndjson'));
    await using running = startLiberate(['run', place.jobs({ endless: { query } }), '--once']);
    await running.line(({ topic }) => topic === 'endless');
    running.kill('SIGTERM');
    expect((await running.finished).code).toBe(130);
    expect(running.lines().at(-1)).toMatchObject({ job: 'endless', outcome: 'stopped' });
  });

  test('with a job that is not there: 2, naming those that are', async () => {
    const file = place.jobs({ orders, payments });
    const { code, stderr } = await liberate(['run', file, '--once', '--job', 'orders,order']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/LIB109: .*has no job "order"; it has: orders, payments/);
    expect(place.events('orders')).toEqual([]);
  });

  test('to stdout: data on stdout and nothing else, the log on stderr and every line of it JSON', async () => {
    const file = place.jobs({ orders, payments }, { sink: 'stdout' });
    const { code, stdout, stderr } = await liberate(['run', file, '--once']);
    expect(code).toBe(0);
    const events = eventsOf(stdout);
    expect(events.map(({ topic }) => topic).sort()).toEqual(['orders', 'orders', 'orders', 'orders', 'payments', 'payments', 'payments']);
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines)
      expect(line).toEqual(
        expect.objectContaining({ level: expect.any(String), time: expect.stringMatching(/Z$/), msg: expect.any(String) }),
      );
    expect(
      lines
        .filter(({ outcome }) => outcome === 'ok')
        .map(({ job, published }) => [job, published])
        .sort(),
    ).toEqual([
      ['orders', 4],
      ['payments', 3],
    ]);
  });

  test('--log-format pretty prints short lines for a person', async () => {
    const { stderr } = await liberate(['run', place.jobs({ orders }), '--once', '--log-format', 'pretty']);
    expect(stderr).toMatch(/^\d\d:\d\d:\d\d info {2}orders: 4 rows in \S+, mark /m);
    expect(stderr).not.toContain('{');
  });
});

describe('run', () => {
  const every = { every: '20ms' };

  test('polls until SIGINT, then exits with 130; the last log line says why', async () => {
    const file = place.jobs({ orders: { ...orders, ...every } });
    await using running = startLiberate(['run', file]);
    await running.line(({ published }) => published === 4);
    await place.db.run("INSERT INTO orders VALUES (9, 'paid', NULL, '1', NULL, '2026-02-01 00:00:00')");
    await running.line(({ published }) => published === 1);
    running.kill('SIGINT');
    expect(await running.finished).toMatchObject({ code: 130, stdout: '' });
    expect(running.lines().at(-1)).toMatchObject({ msg: 'stopping: SIGINT' });
    expect(place.events('orders').map(({ key }) => key)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }, { id: 9 }]);
  });

  test('exits with 0 on SIGTERM, and the next runner goes on where it stopped, at once', async () => {
    const file = place.jobs({ orders: { ...orders, ...every } });
    await using running = startLiberate(['run', file]);
    await running.line(({ published }) => published === 4);
    running.kill('SIGTERM');
    expect(await running.finished).toMatchObject({ code: 0 });
    const next = await liberate(['run', file, '--once', '--no-wait', '--log-level', 'debug']);
    expect(next).toMatchObject({ code: 0, stderr: expect.stringContaining('"published":0') });
  });

  test('with --no-wait exits with 4, naming the holder, while another runner holds the job', async () => {
    const file = place.jobs({ orders: { ...orders, ...every } });
    await using running = startLiberate(['run', file]);
    await running.line(({ published }) => published === 4);
    const { code, stderr } = await liberate(['run', file, '--no-wait']);
    expect(code).toBe(4);
    expect(stderr).toMatch(new RegExp(`LIB406 job \\\\"orders\\\\": .*:${running.process.pid}:`));
  });
});
