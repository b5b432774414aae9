import { readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { liberate, startLiberate } from '../support/liberate.ts';
import { openPlace, orders, type Place, payments, runOnce, smallShop } from './place.ts';

describe('state', () => {
  let place: Place;
  let file: string;
  beforeEach(async () => {
    place = await openPlace(smallShop);
    file = place.jobs({ orders, payments });
    await runOnce(file);
  });
  afterEach(() => place[Symbol.asyncDispose]());

  const published = async (): Promise<readonly [number, number]> => {
    const before = [place.events('orders').length, place.events('payments').length] as const;
    await runOnce(file);
    return [place.events('orders').length - before[0], place.events('payments').length - before[1]];
  };

  test('show prints the saved progress, for a person or as JSON', async () => {
    const human = await liberate(['state', 'show', file]);
    expect([human.code, human.stderr]).toEqual([0, '']);
    expect(human.stdout).toMatch(
      /^orders: table orders, timestamp\n {2}mark {7}'2026-01-03 08:00:00\.000003', 4 {2}\(updated_at, id\)\n {2}load {7}done\n {2}look-back {2}2 rows, 0 id gaps\n/,
    );
    const { stdout } = await liberate(['state', 'show', file, '--json', '--job', 'payments']);
    expect(JSON.parse(stdout)).toMatchObject({
      job: 'payments',
      state: {
        mark: ['5'],
        loaded: true,
        gaps: [
          { from: null, to: '0' },
          { from: '3', to: '4' },
        ],
      },
    });
  });

  test('set --from moves the mark back or forth: what is at or after it is read next', async () => {
    const back = await liberate(['state', 'set', file, '--job', 'orders', '--from', '2026-01-02 08:00:00.000002']);
    expect(back).toMatchObject({ code: 0, stdout: '', stderr: "orders: the mark is '2026-01-01 08:00:00.000001', 1\n" });
    expect(await published()).toEqual([3, 0]);
    expect(await liberate(['state', 'set', file, '--job', 'payments', '--from', '0'])).toMatchObject({
      stderr: 'payments: the mark is before the first row\n',
    });
    expect(await published()).toEqual([0, 3]);
    await place.db.run('INSERT INTO payments VALUES (8, 1, 1), (9, 1, 1)');
    await liberate(['state', 'set', file, '--job', 'payments', '--from', '9']);
    expect(await published()).toEqual([0, 1]);
  });

  test('set --from refuses what the cursor cannot hold: 2, and the mark stays', async () => {
    const { code, stderr } = await liberate(['state', 'set', file, '--job', 'payments', '--from', 'yesterday']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/LIB103 .*"yesterday"/);
    expect(await published()).toEqual([0, 0]);
  });

  test('set --accept keeps the mark under a changed definition; without a saved mark there is nothing to keep', async () => {
    file = place.jobs(
      { orders: { ...orders, where: "note IS NOT 'x'" }, never: { ...orders, topic: 'never' } },
      { state: 'sqlite:jobs-1.state.db' },
    );
    expect(await liberate(['run', file, '--once', '--job', 'orders'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('LIB501'),
    });
    expect(await liberate(['state', 'set', file, '--job', 'orders', '--accept'])).toMatchObject({ code: 0 });
    expect(await liberate(['run', file, '--once', '--job', 'orders'])).toMatchObject({ code: 0 });
    expect(place.events('orders')).toHaveLength(4);
    expect(await liberate(['state', 'set', file, '--job', 'never', '--accept'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/LIB110 job "never"/),
    });
  });

  test('reset makes the job load afresh, and no other', async () => {
    expect(await liberate(['state', 'reset', file, '--job', 'payments'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^payments: reset/),
    });
    expect(await published()).toEqual([0, 3]);
  });

  test('export and import carry the progress to another store', async () => {
    const to = place.path('progress.json');
    expect(await liberate(['state', 'export', file, '--to', to])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(statSync(to).mode & 0o777).toBe(0o600);
    expect((await liberate(['state', 'export', file])).stdout).toBe(readFileSync(to, 'utf8'));
    file = place.jobs({ orders, payments });
    expect(await liberate(['state', 'import', file, '--input', to, '--job', 'orders'])).toMatchObject({
      code: 0,
      stderr: 'orders: imported\n',
    });
    expect(await published()).toEqual([0, 3]);
  });

  test('what cannot be done is refused with 2 and its reason, and nothing is changed', async () => {
    place.write('other.json', '{"orders": 1}');
    for (const [action, options, message] of [
      ['show', ['--job', 'nosuch'], /LIB109: .*no job "nosuch"; it has: orders, payments/],
      ['reset', ['--job', 'orders,nosuch'], /LIB109: .*no job "nosuch"/],
      ['import', ['--input', 'none.json'], /LIB410: none\.json cannot be read: ENOENT/],
      ['import', ['--input', 'other.json'], /LIB410: .*not an export/],
      ['export', ['--to', 'no/such/folder.json'], /LIB110: no\/such\/folder\.json cannot be written: ENOENT/],
    ] as const) {
      const { code, stdout, stderr } = await liberate(['state', action, file, ...options], { cwd: place.directory });
      expect([action, code, stdout]).toEqual([action, 2, '']);
      expect(stderr).toMatch(message);
    }
    expect(await published()).toEqual([0, 0]);
  });

  test('nothing is changed while a runner holds the job: 4, naming it; a backfill is done by the runner itself', async () => {
    const { stdout } = await liberate(['state', 'export', file]);
    const saved = place.write('saved.json', stdout);
    file = place.jobs({ orders: { ...orders, every: '20ms' } }, { state: 'sqlite:jobs-1.state.db' });
    await using running = startLiberate(['run', file, '--log-level', 'debug']);
    await running.line(({ outcome }) => outcome === 'ok');
    for (const command of [
      ['state', 'set', file, '--job', 'orders', '--from', '2020-01-01'],
      ['state', 'set', file, '--job', 'orders', '--accept'],
      ['state', 'reset', file, '--job', 'orders'],
      ['state', 'import', file, '--input', saved],
    ]) {
      const refused = await liberate(command);
      expect([command[1], refused.code]).toEqual([command[1], 4]);
      expect(refused.stderr).toMatch(new RegExp(`LIB406 job "orders": .*:${running.process.pid}:`));
    }
    const backfill = await liberate(['backfill', file, '--job', 'orders']);
    expect([backfill.code, backfill.stderr]).toEqual([
      0,
      expect.stringMatching(`:${running.process.pid}:.* runs the job, and does the backfill`),
    ]);
    running.kill('SIGTERM');
    expect((await running.finished).code).toBe(0);
    expect(place.events('orders')).toHaveLength(8);
  });
});
