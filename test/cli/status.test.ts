import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CycleReport } from '../../src/model/report.ts';
import { openSqliteState } from '../../src/state/sqlite/store.ts';
import { liberate, startLiberate } from '../support/liberate.ts';
import { openPlace, orders, type Place, payments, runOnce, smallShop } from './place.ts';

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

  /** What stands behind a label, of the job's screen. */
  const told = (stdout: string, job: string, label: string): string => {
    const screen = stdout.split('\n\n').find((text) => text.startsWith(`${job}  `)) ?? '';
    return (
      screen
        .split('\n')
        .find((line) => line.startsWith(`  ${label.padEnd(13)}`))
        ?.slice(15) ?? ''
    );
  };

  test('has a screen a job: last ok, mark and its age, lag, rows, runner, what is remembered, failures, guarantee and method', async () => {
    const file = place.jobs({ orders, payments });
    expect(told((await liberate(['status', file, '--job', 'orders'])).stdout, 'orders', 'guarantee')).toContain('`liberate plan` tells it');
    await runOnce(file);
    const { code, stdout } = await liberate(['status', file]);
    expect(code).toBe(0);
    const of = (label: string): string => told(stdout, 'orders', label);
    expect(stdout).toMatch(/^orders {2}ok\n/);
    expect(of('last ok')).toMatch(/^\S+ ago: 4 rows in \S+, 0 met again$/);
    expect(of('mark')).toMatch(/^'2026-01-03 08:00:00\.000003', 4 \(its own time was \d+d.* ago, saved .* ago\)$/);
    expect(of('lag')).toMatch(/^\d+d/);
    expect(of('published')).toBe('4 rows in all');
    expect(of('runner')).toBe('none');
    expect(of('remembered')).toBe('2 rows for the look-back, 0 gaps of ids watched');
    expect(of('failures')).toBe('none');
    expect(of('guarantee')).toMatch(/^every row whose stamp the server makes, /);
    expect(of('method')).toMatch(/^look-back to single writer/);
    expect(of('privilege')).toBe('none but SELECT');
    expect(of('cannot see')).toContain('an UPDATE that leaves updated_at alone');
    expect(told(stdout, 'payments', 'mark')).toMatch(/^5 \(saved .* ago\)$/);
    expect(told(stdout, 'payments', 'remembered')).toBe('0 rows for the look-back, 2 gaps of ids watched');
  });

  test('has a line a job below: health, last ok, mark, lag, rows published and runner; also before the first run', async () => {
    const file = place.jobs({ orders, payments });
    const before = await liberate(['status', file]);
    expect([before.code, before.stderr]).toEqual([0, '']);
    expect(rows(before.stdout)).toEqual([
      ['job', 'health', 'last ok', 'mark', 'lag', 'published', 'dead letters', 'runner'],
      ['orders', 'never ran', '-', '-', '-', '0', '0', '-'],
      ['payments', 'never ran', '-', '-', '-', '0', '0', '-'],
    ]);
    await runOnce(file);
    const { code, stdout } = await liberate(['status', file]);
    expect(code).toBe(0);
    expect(rows(stdout).slice(1)).toEqual([
      ['orders', 'ok', expect.stringMatching(/^\S+ ago$/), "'2026-01-03 08:00:00.000003', 4", expect.stringMatching(/^\d/), '4', '0', '-'],
      ['payments', 'ok', expect.stringMatching(/^\S+ ago$/), '5', expect.any(String), '3', '0', '-'],
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
        markAt: Date.parse('2026-01-03T08:00:00Z'),
        markAgeMs: expect.any(Number),
        loaded: true,
        gaps: 0,
        lookback: 2,
        lagMs: expect.any(Number),
        guarantee: expect.objectContaining({ guarantee: expect.any(String), method: expect.any(String), raise: null }),
        error: null,
        lastOk: expect.objectContaining({ outcome: 'ok', published: 4, code: null }),
        last: expect.objectContaining({ outcome: 'ok', published: 4 }),
        publishedTotal: 4,
        topicVersion: 1,
        deadLetters: 0,
        failuresInARow: 0,
        held: null,
        committedAt: expect.any(Number),
        reconciled: null,
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
    expect(failing.stdout).toMatch(/^orders {2}failing \(1\)$/m);
    expect(told(failing.stdout, 'orders', 'failures')).toMatch(/^1 in a row, the newest cycle .* ago: LIB203 job "orders": /);
    // What held when it last ran is still told.
    expect(told(failing.stdout, 'orders', 'guarantee')).toMatch(/^every row/);
    const [{ error }] = JSON.parse((await liberate(['status', file, '--json', '--job', 'orders'])).stdout) as [{ readonly error: string }];
    expect(error).toMatch(/^LIB203 job "orders": /);
    expect(await liberate(['status', file, '--job', 'payments'])).toMatchObject({ code: 0 });
    await place.db.run('ALTER TABLE moved RENAME TO orders');
    await runOnce(file);
    expect(await liberate(['status', file])).toMatchObject({ code: 0 });
  });

  test('names the transaction that a job in strict order waits for, with user and age', async () => {
    const file = place.jobs({ orders });
    await runOnce(file);
    await using store = openSqliteState({ kind: 'sqlite', url: file.replace(/yaml$/, 'state.db'), user: null, password: null, tls: null });
    await store.open(new AbortController().signal);
    const [stored] = await store.list();
    const held = { by: 'pid 4711', user: 'shop', openMs: 12_000 };
    await store.record({ ...(stored?.last as CycleReport), held });
    expect((await liberate(['status', file])).stdout).toMatch(/^ {2}waits for +pid 4711 of user shop, open for 12s$/m);
    expect(JSON.parse((await liberate(['status', file, '--json'])).stdout)).toMatchObject([{ held }]);
  });

  test('names the runner while one runs', async () => {
    const file = place.jobs({ orders: { ...orders, every: '20ms' } });
    await using running = startLiberate(['run', file]);
    await running.line(({ published }) => published === 4);
    const { stdout } = await liberate(['status', file, '--json']);
    const [{ lease }] = JSON.parse(stdout) as [{ readonly lease: { readonly holder: string; readonly msLeft: number } }];
    expect(lease.holder).toContain(`:${running.process.pid}:`);
    expect(lease.msLeft).toBeGreaterThan(0);
    expect(told((await liberate(['status', file])).stdout, 'orders', 'runner')).toContain(`${lease.holder}, lease for another `);
  });
});
