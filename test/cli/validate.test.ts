import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { liberate } from '../support/liberate.ts';
import { openPlace, orders, type Place, payments, smallShop } from './place.ts';

describe('validate', () => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace(
      `${smallShop} CREATE TABLE bare (id INTEGER PRIMARY KEY, seen_at TIMESTAMP); INSERT INTO bare VALUES (1, 1), (2, NULL);`,
    );
  });
  afterAll(() => place[Symbol.asyncDispose]());

  test('says of each job what it reads, where it goes, in which order, and which guarantee holds by which method', async () => {
    const file = place.jobs({ orders, payments, whole: { table: 'orders', topic: 'whole' } });
    const { code, stdout, stderr } = await liberate(['validate', file]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^ok {2}orders: orders → orders, timestamp by updated_at, id\n {4}every row whose stamp the server makes, .*\(look-back to /m,
    );
    expect(stdout).toContain(
      '\n    privilege: none but SELECT; look-back: 5s now (single writer; lookback 5s); each poll reads the rows stamped ',
    );
    expect(stdout).toMatch(/^ok {2}payments: payments → payments, incrementing by id\n {4}every inserted row, .*\(id gaps /m);
    expect(stdout).toMatch(
      /^ok {2}whole: orders → whole, bulk by id\n {4}every row that is new or changed at each run, .*pages in key order\)/m,
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`${file} is valid`);
    expect(existsSync(place.path('jobs-1.state.db'))).toBe(false);
  });

  test('--json says the same, with the schema of each event', async () => {
    const { code, stdout, stderr } = await liberate(['validate', place.jobs({ orders }), '--json']);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      jobs: [
        {
          job: 'orders',
          relation: 'orders',
          mode: 'timestamp',
          cursor: ['updated_at'],
          key: ['id'],
          topic: 'orders',
          columns: [
            { name: 'id', type: 'INTEGER', nullable: false },
            { name: 'status', type: 'TEXT', nullable: false },
            { name: 'note', type: 'TEXT', nullable: true },
            { name: 'total', type: 'TEXT', nullable: false },
            { name: 'big', type: 'BIGINT', nullable: true },
            { name: 'updated_at', type: 'TIMESTAMP', nullable: false },
          ],
          guarantee: expect.any(String),
          method: expect.any(String),
          privilege: null,
          lookback: { ms: 5000, by: 'single writer; lookback 5s' },
          cost: expect.any(String),
          raise: null,
          blind: expect.arrayContaining(['an UPDATE that leaves updated_at alone', 'a DELETE']),
        },
      ],
      findings: [],
    });
  });

  test('advises an index where none serves the cursor; that is no mistake', async () => {
    const { code, stdout } = await liberate(['validate', place.jobs({ bare: { table: 'bare', cursor: 'seen_at', nulls: 'include' } })]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^warning {2}job "bare": no index of bare begins with the cursor.*CREATE INDEX "bare_seen_at_id" ON "bare" \("seen_at", "id"\)/m,
    );
  });

  test('tells the mistakes of all jobs at once, with codes and cures: 2', async () => {
    const file = place.jobs({
      gone: { table: 'gone', cursor: 'id' },
      column: { table: 'orders', cursor: 'changed_at', topic: 'column' },
      holes: { table: 'bare', cursor: 'seen_at' },
      orders,
    });
    const human = await liberate(['validate', file]);
    expect(human.code).toBe(2);
    expect(human.stdout).toMatch(/^error {2}LIB203 job "gone": /m);
    expect(human.stdout).toMatch(/^error {2}LIB204 job "column": .*"changed_at".*there are: id, status/m);
    expect(human.stdout).toMatch(/^error {2}LIB205 job "holes": 1 rows? of bare ha(s|ve) no seen_at/m);
    expect(human.stdout).toMatch(/^ok {2}orders: /m);
    expect(human.stdout.trimEnd().split('\n').at(-1)).toBe(`3 errors in ${file}`);
    const machine = await liberate(['validate', file, '--json']);
    expect(machine.code).toBe(2);
    const { findings } = JSON.parse(machine.stdout) as {
      readonly findings: readonly { readonly severity: string; readonly code: string; readonly job: string; readonly cure: string }[];
    };
    expect(findings.filter(({ severity }) => severity === 'error').map(({ code, job }) => [code, job])).toEqual([
      ['LIB203', 'gone'],
      ['LIB204', 'column'],
      ['LIB205', 'holes'],
    ]);
    for (const { cure } of findings) expect(cure).toMatch(/\.$|\)$/);
  });

  test('a source or a sink that is not there: 3; --offline looks at the file only and says 0', async () => {
    const port = await freePort();
    const file = place.jobs(
      { orders: { ...orders, retries: 0 } },
      { source: `postgres://me:s3cret-word@127.0.0.1:${port}/shop`, sink: `kafka://127.0.0.1:${port}` },
    );
    const { code, stdout, stderr } = await liberate(['validate', file]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^error {2}LIB201 job "orders": /m);
    expect(stdout).toMatch(/^error {2}LIB301: sink "default": /m);
    expect(stdout + stderr).not.toContain('s3cret-word');
    expect(await liberate(['validate', file, '--offline'])).toMatchObject({ code: 0, stdout: `${file} is valid\n` });
    expect(JSON.parse((await liberate(['validate', file, '--offline', '--json'])).stdout)).toEqual({ jobs: [], findings: [] });
  });
});
