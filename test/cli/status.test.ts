import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { liberate, startLiberate } from '../support/liberate.ts';
import { openPlace, orders, type Place, payments, runOnce, smallShop } from './place.ts';

vi.setConfig({ testTimeout: 30_000 });

describe('status', () => {
  let place: Place;
  beforeEach(async () => {
    place = await openPlace(smallShop);
  });
  afterEach(() => place[Symbol.asyncDispose]());

  const rows = (stdout: string): readonly (readonly string[])[] =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith('│'))
      .map((line) =>
        line
          .slice(1, -1)
          .split('│')
          .map((cell) => cell.trim()),
      );

  test('has a line a job: health, last ok, mark, lag, rows published and runner; also before the first run', async () => {
    const file = place.jobs({ orders, payments });
    const before = await liberate(['status', file]);
    expect([before.code, before.stderr]).toEqual([0, '']);
    expect(rows(before.stdout)).toEqual([
      ['job', 'health', 'last ok', 'mark', 'lag', 'published', 'runner'],
      ['orders', 'never ran', '-', '-', '-', '0', '-'],
      ['payments', 'never ran', '-', '-', '-', '0', '-'],
    ]);
    await runOnce(file);
    const { code, stdout } = await liberate(['status', file]);
    expect(code).toBe(0);
    expect(rows(stdout).slice(1)).toEqual([
      ['orders', 'ok', expect.stringMatching(/^\S+ ago$/), "'2026-01-03 08:00:00.000003', 4", expect.stringMatching(/^\d/), '4', '-'],
      ['payments', 'ok', expect.stringMatching(/^\S+ ago$/), '5', expect.any(String), '3', '-'],
    ]);
  });

  test('--json has what a monitor needs, of the jobs that --job names', async () => {
    const file = place.jobs({ orders, payments });
    await runOnce(file);
    const { code, stdout } = await liberate(['status', file, '--json', '--job', 'orders']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      {
        job: 'orders',
        health: 'ok',
        mark: ["'2026-01-03 08:00:00.000003'", '4'],
        loaded: true,
        gaps: 0,
        lookback: 2,
        lastOk: expect.objectContaining({ outcome: 'ok', published: 4, code: null }),
        last: expect.objectContaining({ outcome: 'ok', published: 4 }),
        publishedTotal: 4,
        failuresInARow: 0,
        committedAt: expect.any(Number),
        lease: null,
      },
    ]);
  });

  test('exits with 1 while the newest cycle of a job failed, and says why; 0 again once it is mended', async () => {
    const file = place.jobs({ orders, payments });
    await runOnce(file);
    await place.db.run('ALTER TABLE orders RENAME TO moved');
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 1 });
    const failing = await liberate(['status', file]);
    expect(failing.code).toBe(1);
    expect(rows(failing.stdout)[1]?.slice(0, 2)).toEqual(['orders', 'failing (1)']);
    expect(failing.stdout).toMatch(/^failing {2}LIB203 job "orders": /m);
    expect(await liberate(['status', file, '--job', 'payments'])).toMatchObject({ code: 0 });
    await place.db.run('ALTER TABLE moved RENAME TO orders');
    await runOnce(file);
    expect(await liberate(['status', file])).toMatchObject({ code: 0 });
  });

  test('names the runner while one runs', async () => {
    const file = place.jobs({ orders: { ...orders, every: '20ms' } });
    await using running = startLiberate(['run', file]);
    await running.line(({ published }) => published === 4);
    const { stdout } = await liberate(['status', file, '--json']);
    const [{ lease }] = JSON.parse(stdout) as [{ readonly lease: { readonly holder: string; readonly msLeft: number } }];
    expect(lease.holder).toContain(`:${running.process.pid}:`);
    expect(lease.msLeft).toBeGreaterThan(0);
    expect(rows((await liberate(['status', file])).stdout)[1]?.at(-1)).toBe(lease.holder);
  });
});
