import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liberate } from '../support/liberate.ts';
import { openPlace, orders, type Place, payments, smallShop } from './place.ts';

describe('preview', () => {
  let place: Place;
  let file: string;
  beforeAll(async () => {
    place = await openPlace(smallShop);
    file = place.jobs({ orders, payments });
  });
  afterAll(() => place[Symbol.asyncDispose]());

  test('prints the first events of each job exactly as they would leave, and nothing else', async () => {
    const { code, stdout, stderr } = await liberate(['preview', file, '--rows', '2']);
    expect([code, stderr]).toEqual([0, '']);
    const headers = (job: string): string =>
      `"headers":{"liberate.job":"${job}","liberate.source":"default","liberate.schema":"<id>","liberate.op":"upsert"}}`;
    expect(
      stdout
        .replace(/"liberate\.schema":"[0-9a-f]{16}"/g, '"liberate.schema":"<id>"')
        .replace(/(payments.*)"timestamp":"[^"]*"/g, '$1"timestamp":"<read>"'),
    ).toBe(
      `${[
        `{"topic":"orders","key":{"id":1},"value":{"id":1,"status":"paid","note":null,"total":"10.50","big":9007199254740993,"updated_at":"2026-01-01 08:00:00.000001"},"timestamp":"2026-01-01T08:00:00.000Z",${headers('orders')}`,
        `{"topic":"orders","key":{"id":2},"value":{"id":2,"status":"placed","note":"a \\"b\\"","total":"0.10","big":-9223372036854775808,"updated_at":"2026-01-02 08:00:00.000002"},"timestamp":"2026-01-02T08:00:00.000Z",${headers('orders')}`,
        `{"topic":"payments","key":{"id":1},"value":{"id":1,"order_id":1,"cents":1050},"timestamp":"<read>",${headers('payments')}`,
        `{"topic":"payments","key":{"id":2},"value":{"id":2,"order_id":2,"cents":10},"timestamp":"<read>",${headers('payments')}`,
      ].join('\n')}\n`,
    );
  });

  test('gives 5 events a job unless told otherwise, sends nothing and leaves no state', async () => {
    const { stdout } = await liberate(['preview', file, '--job', 'orders']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
    expect(existsSync(place.path('out'))).toBe(false);
    expect(existsSync(place.path('jobs-1.state.db'))).toBe(false);
  });

  test('ends quietly when its reader has seen enough', async () => {
    await place.db.run('CREATE TABLE many (id INTEGER PRIMARY KEY, text TEXT)');
    await place.db.run(
      "INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i, printf('%0200d', i) FROM n",
    );
    const bin = fileURLToPath(new URL('../../bin/liberate.js', import.meta.url));
    const child = spawn(process.execPath, [bin, 'preview', place.jobs({ many: { table: 'many' } }), '--rows', '20000'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += String(text)));
    const closed = once(child, 'close');
    // As `head -1` does: reads a little and goes away while the rest is still to come.
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    child.stdout.destroy();
    expect(chunk.toString()).toMatch(/^\{"topic":"many","key":/);
    expect(await closed).toEqual([0, null]);
    expect(stderr).toBe('');
  });

  test('of a table that is not there: 1, naming it', async () => {
    const { code, stdout, stderr } = await liberate(['preview', place.jobs({ gone: { table: 'gone' } })]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error LIB203 job "gone": .*gone/);
  });
});
