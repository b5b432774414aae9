import { readdirSync, readFileSync } from 'node:fs';
import avro from 'avsc';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Finished, liberate } from '../support/liberate.ts';
import { openPlace, type Place, runOnce } from './place.ts';

vi.setConfig({ testTimeout: 60_000 });

const table = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT NOT NULL DEFAULT 'new', note TEXT, total TEXT NOT NULL, updated_at TIMESTAMP NOT NULL);
  INSERT INTO orders VALUES (1, 'paid', NULL, '10.50', '2026-01-01 08:00:00'), (2, 'sent', 'b', '0.10', '2026-01-02 08:00:00');
`;
const orders = { table: 'orders', cursor: 'updated_at' };

describe('schema', () => {
  let place: Place;
  let file: string;
  beforeEach(async () => {
    place = await openPlace(table);
    file = place.jobs({ orders });
  });
  afterEach(() => place[Symbol.asyncDispose]());

  /** A screen without what is another one each time. */
  const screen = ({ stdout }: Finished): string =>
    stdout
      .replaceAll(place.directory, 'PLACE')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/\b[0-9a-f]{16}\b/g, 'FINGERPRINT');
  const schema = async (...args: readonly string[]): Promise<Finished> => liberate(['schema', ...args]);

  test('show prints the fields, what is kept, and the document; before the first run nothing is kept', async () => {
    const before = await schema('show', file);
    expect([before.code, before.stderr]).toEqual([0, '']);
    expect(before.stdout).toContain(`kept          nothing yet in ${place.path('out/orders.schema.json')}`);
    await runOnce(file);
    const after = await schema('show', file);
    expect(after.code).toBe(0);
    await expect(screen(after)).toMatchFileSnapshot('golden/schema-show.txt');
  });

  test('diff names each change, whom it breaks and the cure; check lets it through or fails, by the compatibility', async () => {
    await runOnce(file);
    const same = await schema('diff', file);
    expect([same.code, screen(same)]).toEqual([
      0,
      'orders: from version 1 of TIME (FINGERPRINT) to now (FINGERPRINT)\n  no difference\n\n',
    ]);
    expect((await schema('check', file)).code).toBe(0);
    await place.db.run(`ALTER TABLE orders ADD COLUMN channel TEXT; ALTER TABLE orders ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE orders DROP COLUMN note; ALTER TABLE orders RENAME COLUMN total TO amount;`);
    const diff = await schema('diff', file);
    expect([diff.code, diff.stderr]).toEqual([0, '']);
    await expect(screen(diff)).toMatchFileSnapshot('golden/schema-diff.txt');
    const check = await schema('check', file);
    expect([check.code, check.stderr]).toEqual([1, '']);
    await expect(screen(check)).toMatchFileSnapshot('golden/schema-check.txt');
    const run = await liberate(['run', file, '--once']);
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('LIB701')]);
    expect(place.events('orders')).toHaveLength(2);
    // The cure that it names.
    const cured = place.jobs({ orders: { ...orders, columns: { rename: { amount: 'total' } } } });
    const good = await schema('check', cured);
    expect([good.code, screen(good)]).toEqual([
      0,
      'ok  orders, forward: 4 differences from version 1 in PLACE/out/orders.schema.json, which consumers can read\n',
    ]);
    await place.db.run("UPDATE orders SET updated_at = '2026-02-01 08:00:00', channel = 'web' WHERE id = 2");
    expect((await liberate(['run', cured, '--once'])).code).toBe(0);
    expect(place.events('orders').at(-1)?.value).toEqual(expect.objectContaining({ id: 2, total: '0.10', channel: 'web', rank: 0 }));
    const first = await schema('diff', cured, '--against', '1');
    expect(screen(first)).toMatch(/^orders: from version 1 /);
    expect((await schema('diff', cured)).stdout).toContain('no difference');
  });

  test('check fails the merge that would break consumers: the file is checked against a scratch database', async () => {
    const jobs = place.jobs({ orders }, { source: 'sqlite:$' + '{SHOP_DB:-shop.db}' });
    await runOnce(jobs);
    await using scratch = await openPlace(`${table} ALTER TABLE orders DROP COLUMN total;`);
    const own = await schema('check', jobs);
    const migrated = await liberate(['schema', 'check', jobs], { env: { SHOP_DB: scratch.path('shop.db') } });
    expect([own.code, migrated.code]).toEqual([0, 1]);
    expect(migrated.stdout).toContain('column "total" is gone: it was TEXT NOT NULL');
    // It has changed nothing.
    expect(readdirSync(place.path('out')).sort()).toEqual(['orders.ndjson', 'orders.schema.json']);
  });

  test('--json says the same for a program, which finds each break by version, direction and column', async () => {
    await runOnce(file);
    await place.db.run('ALTER TABLE orders DROP COLUMN total');
    const { code, stdout } = await schema('check', file, '--json');
    expect(code).toBe(1);
    const { jobs, findings } = JSON.parse(stdout) as { readonly jobs: readonly object[]; readonly findings: readonly object[] };
    expect(findings).toEqual([]);
    expect(jobs).toEqual([
      expect.objectContaining({
        job: 'orders',
        topic: 'orders',
        ok: false,
        compatibility: 'forward',
        kept: { place: place.path('out/orders.schema.json'), versions: [expect.objectContaining({ version: 1 })] },
        registry: null,
        breaks: [
          expect.objectContaining({ version: 1, direction: 'forward', kind: 'dropped', column: 'total', was: 'TEXT NOT NULL', is: null }),
        ],
      }),
    ]);
    for (const what of ['show', 'diff']) {
      const told = JSON.parse((await schema(what, file, '--json')).stdout) as { readonly jobs: readonly object[] };
      expect(told.jobs).toEqual([
        expect.objectContaining({ job: 'orders', format: 'json', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) }),
      ]);
    }
  });

  test('export writes the documents that other tools read, of keys and values, without asking sink or registry', async () => {
    const to = place.path('schemas');
    // Nobody there is asked.
    const kafka = { kafka: { brokers: '127.0.0.1:1', registry: 'http://127.0.0.1:1' }, lines: 'ndjson:out' };
    const all = place.jobs(
      { orders: { ...orders, sink: 'lines' }, avro: { ...orders, sink: 'kafka', topic: 'shop.avro', format: 'avro' } },
      { sink: undefined, sinks: kafka },
    );
    const { code, stdout, stderr } = await schema('export', all, '--to', to);
    expect([code, stderr]).toEqual([0, '']);
    const files = readdirSync(to).sort();
    expect(files).toEqual(['orders-key.schema.json', 'orders-value.schema.json', 'shop.avro-key.avsc', 'shop.avro-value.avsc']);
    expect(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ).toEqual(files.map((name) => `${to}/${name}`));
    const text = (name: string): string => readFileSync(`${to}/${name}`, 'utf8');
    expect(avro.Type.forSchema(JSON.parse(text('shop.avro-value.avsc')) as avro.Schema).name).toBe('shop.avro.Value');
    expect(JSON.parse(text('orders-value.schema.json'))).toMatchObject({ required: ['id', 'total', 'updated_at'] });
  });

  test('a job that cannot be looked at hides no other: 2; a version that is not kept: 2', async () => {
    await runOnce(file);
    const both = place.jobs({ gone: { table: 'gone', cursor: 'id' }, orders });
    const { code, stdout } = await schema('check', both);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^ok {2}orders, forward: .*\n(error|.*error).*LIB203/);
    const other = await schema('diff', file, '--against', '9');
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('there is no version 9 of the schema of orders: there are 1 to 1'),
    ]);
  });
});
