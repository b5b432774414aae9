import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { fakeRegistry } from '../registry/fake.ts';
import { createPostgres, type TestDatabase } from '../support/databases.ts';
import { type Finished, liberate, writeJobs } from '../support/liberate.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { fold, readTopic, readTopicBytes, type TopicRecord, uniqueTopic } from '../support/topics.ts';

const { brokers } = inject('servers').kafka;
/** kafkajs's own, of the bytes of a text. */
const murmur2 = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2') as (key: Buffer) => number;
const partitions = 3;
const partitionOf = (text: string): number => (murmur2(Buffer.from(text)) & 0x7fffffff) % partitions;
const tenants = ['north', 'süd', 'ost', 'west', 'mitte', '🙂'];
const rows = 300;

let db: TestDatabase;
let directory: TemporaryDirectory;

beforeEach(async () => {
  directory = await temporaryDirectory('liberate-shaping-');
  db = await createPostgres();
  await db.run(`CREATE TABLE orders (tenant text, id bigint, email text, ordered_on date, amount numeric(12,2), PRIMARY KEY (tenant, id))`);
  const names = tenants.map((name) => `'${name}'`).join(',');
  await db.run(
    `INSERT INTO orders SELECT (ARRAY[${names}])[1 + n % ${tenants.length}], n, 'u' || n || '@example.org', date '2026-01-01' + n, n + 0.5 FROM generate_series(1, ${rows}) n`,
  );
});
afterEach(async () => {
  await db[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function done(...args: readonly string[]): Promise<Finished> {
  const finished = await liberate(args, { env: { SALT: 'pepper' } });
  expect(finished.code, finished.stderr).toBe(0);
  return finished;
}

interface Key {
  readonly tenant: string;
  readonly id: number;
}
const keyOf = ({ key }: TopicRecord): Key => JSON.parse(key as string) as Key;
type Change = { readonly op: string; readonly before: Key | null; readonly after: { readonly amount: string } | null };
const changeOf = ({ value }: TopicRecord): Change | null => (value === null ? null : (JSON.parse(value) as Change));

describe.each(['native', 'kafkajs'] as const)('a shaped stream in Debezium, sent to Kafka by the client %s', (client) => {
  it('goes by the partition of its column, with headers and time of the row, deletes and their tombstones in order', async () => {
    const topic = uniqueTopic('shaping');
    const shape = {
      partitionBy: 'tenant',
      eventTime: 'ordered_on',
      headers: { team: 'shop', tenant: '{tenant}', day: '{ordered_on}' },
      mask: { email: { hash: { salt: '${SALT}' } } },
      columns: { cast: { amount: 'string' } },
    };
    const file = writeJobs(directory.path, {
      source: db.url,
      sink: { brokers, client, topicDefaults: { partitions, replication: 1 } },
      state: `sqlite:${join(directory.path, 'state.db')}`,
      jobs: { orders: { table: 'orders', topic, envelope: 'debezium', ...shape } },
    });
    await done('run', file, '--once');
    const loaded = await readTopic(brokers, topic);
    expect(loaded).toHaveLength(rows);
    expect(new Set(loaded.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    for (const record of loaded) {
      const { tenant, id } = keyOf(record);
      expect(record.partition).toBe(partitionOf(tenant));
      expect(record.headers).toMatchObject({ team: 'shop', tenant, 'liberate.op': 'upsert' });
      expect(record.timestamp).toBe(Date.parse(`${record.headers['day']}T00:00:00Z`));
      expect(changeOf(record)).toMatchObject({ op: 'r', after: { amount: `${id}.50` } });
      expect(record.value).not.toContain('example.org');
    }
    await db.run('DELETE FROM orders WHERE id % 3 = 0');
    await db.run('UPDATE orders SET amount = amount + 1 WHERE id % 7 = 0');
    await done('run', file, '--once');
    const all = await readTopic(brokers, topic);
    const seen = new Map<string, (string | null)[]>();
    for (const record of all) {
      expect(record.partition).toBe(partitionOf(keyOf(record).tenant));
      const name = record.key as string;
      seen.set(name, [...(seen.get(name) ?? []), changeOf(record)?.op ?? null]);
    }
    expect(seen.size).toBe(rows);
    for (const [name, ops] of seen) {
      const { id } = JSON.parse(name) as Key;
      expect(ops, name).toEqual(id % 3 === 0 ? ['r', 'd', null] : id % 7 === 0 ? ['r', 'u'] : ['r']);
    }
    const deletes = all.filter((record) => changeOf(record)?.op === 'd');
    for (const record of deletes) {
      expect(changeOf(record)).toMatchObject({ before: keyOf(record), after: null });
      expect(record.headers['liberate.op']).toBe('delete');
      const next = all.find(({ partition, offset }) => partition === record.partition && offset === record.offset + 1);
      expect([next?.key, next?.value]).toEqual([record.key, null]);
    }
    expect(fold(all).size).toBe(rows - rows / 3);
    const verified = await done('verify', file, '--job', 'orders', '--json');
    expect(JSON.parse(verified.stdout)).toMatchObject({ same: true, missing: 0, stale: 0, extra: 0 });
    await done('run', file, '--once');
    expect(await readTopic(brokers, topic)).toHaveLength(all.length);
  });
});

describe.each([
  ['avro', 'debezium'],
  ['protobuf', 'debezium'],
  ['connect', 'debezium'],
  ['avro', 'cloudevents'],
] as const)('a stream in %s and envelope %s', (format, envelope) => {
  it('folds to the table through reloads, a repair and a replay, and is quiet when nothing has changed', async () => {
    const topic = uniqueTopic('envelopes');
    // Whatever is asked, the schema is known, and fits.
    await using registry = await fakeRegistry([[200, { id: 42, version: 1, is_compatible: true }]]);
    const file = writeJobs(directory.path, {
      source: db.url,
      sink: { brokers, topicDefaults: { partitions, replication: 1 }, ...(format === 'connect' ? {} : { registry: registry.url }) },
      state: `sqlite:${join(directory.path, 'state.db')}`,
      jobs: { orders: { table: 'orders', topic, envelope, format, onBadRow: 'deadletter', columns: { cast: { email: 'uuid' } } } },
    });
    await db.run("UPDATE orders SET email = '00000000-0000-0000-0000-000000000001' WHERE id <> 5");
    await done('run', file, '--once');
    await db.run('UPDATE orders SET email = NULL WHERE id = 5');
    const replayed = await done('deadletters', 'replay', file, '--job', 'orders', '--json');
    expect(JSON.parse(replayed.stdout)).toMatchObject({ letters: 1, published: 1, left: 0 });
    await db.run('DELETE FROM orders WHERE id % 3 = 0');
    await db.run('UPDATE orders SET amount = amount + 1 WHERE id % 7 = 0');
    await done('run', file, '--once');
    await db.run('DELETE FROM orders WHERE id = 7');
    await db.run('UPDATE orders SET amount = 0 WHERE id = 8');
    const repaired = await done('verify', file, '--job', 'orders', '--repair', '--json');
    expect(JSON.parse(repaired.stdout)).toMatchObject({
      same: true,
      missing: 0,
      stale: 1,
      extra: 1,
      repaired: { published: 1, tombstones: 1 },
    });
    await done('run', file, '--once');
    const verified = await done('verify', file, '--job', 'orders', '--json');
    expect(JSON.parse(verified.stdout)).toMatchObject({ same: true, missing: 0, stale: 0, extra: 0 });
    const records = await readTopicBytes(brokers, topic);
    const deleted = rows / 3 + 1;
    const changed = Array.from({ length: rows }, (_, at) => at + 1).filter((id) => id % 3 !== 0 && id % 7 === 0).length + 1;
    expect(records).toHaveLength(rows + changed + deleted * (envelope === 'debezium' ? 2 : 1));
    expect(new Set(records.filter(({ value }) => value !== null).map(({ key }) => key?.toString('hex'))).size).toBe(rows);
  });
});
