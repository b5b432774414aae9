import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { batchOf } from '../sink/batch.ts';
import { kafkaConfig, never, openWith, record } from '../sink/kafka/place.ts';
import { createDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { liberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopic, uniqueTopic } from '../support/topics.ts';
import { createTables } from './items.ts';
import { seedTables, writeConcurrently } from './writers.ts';

const kinds: readonly Exclude<DatabaseKind, 'sqlite'>[] = ['postgres', 'mariadb'];
const seed = Number(process.env.LIBERATE_TEST_SEED ?? 1);
const clean = { missing: 0, stale: 0, extra: 0, deadLetters: 0, unloaded: 0 };
const writingMs = 10_000;

describe.each(kinds)('verify, from %s into Kafka', (kind) => {
  const brokers = inject('servers').kafka.brokers;
  let db: TestDatabase;
  let directory: TemporaryDirectory;
  let topic: string;
  let file: string;

  beforeEach(async () => {
    db = await createDatabase[kind]();
    directory = await temporaryDirectory();
    await createTables(db, kind);
    await seedTables(db);
    // Nobody writes to these.
    for (const id of [-1, -2, -3]) await db.run(`INSERT INTO items (id, version, body) VALUES (${id}, 1, 'quiet')`);
    topic = uniqueTopic('verify');
    file = writeJobs(directory.path, {
      source: db.url,
      sink: { brokers, compression: 'lz4', topicDefaults: { partitions: 3, replication: 1 } },
      defaults: { every: '200ms' },
      jobs: {
        items: { table: 'items', cursor: 'updated_at', topic },
        entries: { table: 'entries', cursor: 'id', topic: `${topic}-entries` },
        whole: { table: 'items', topic: `${topic}-whole` },
      },
    });
  });
  afterEach(async () => {
    await db[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  async function verify(
    jobs: string,
    ...more: readonly string[]
  ): Promise<{ readonly code: number | null; readonly reports: readonly VerifyReport[] }> {
    const { code, stdout, stderr } = await liberate(['verify', file, '--job', jobs, '--json', ...more]);
    const lines = stdout.split('\n').filter((line) => line !== '');
    if (lines.length === 0) throw new Error(stderr);
    return { code, reports: lines.map((line) => JSON.parse(line) as VerifyReport) };
  }

  /** What stands in the topic for a key, as it stands there. */
  const standing = async (key: string): Promise<string | null> =>
    (await readTopic(brokers, topic)).findLast((one) => one.key === key)?.value ?? null;

  async function send(...events: readonly (readonly [key: string, value: string | null])[]): Promise<void> {
    await using sink = await openWith(topic, kafkaConfig(brokers));
    await sink.send(topic, batchOf(events.map(([key, value]) => record(key, value))), never);
  }

  /** One of each kind, for the rows that nobody writes to. */
  async function seedFaults(): Promise<void> {
    const old = await standing('{"id":-2}');
    const flipped = (await standing('{"id":-3}'))?.replace('quiet', 'quieu');
    await send(
      ['{"id":-1}', null],
      ['{"id":-2}', `${old?.replace('"version":1', '"version":0')}`],
      ['{"id":-3}', `${flipped}`],
      ['{"id":-9}', '{"id":-9}'],
    );
  }
  const faults = {
    ...{ missing: 1, stale: 2, extra: 1 },
    samples: {
      missing: ['{"id":-1}'],
      stale: expect.toSatisfy((keys: string[]) => [...keys].sort().join() === '{"id":-2},{"id":-3}'),
      extra: ['{"id":-9}'],
    },
  };

  it('says of a right stream that it is the table, and reports seeded faults exactly; --repair mends those and nothing else', async () => {
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 0 });
    const right = await verify('items,entries,whole');
    expect(right.code).toBe(0);
    for (const report of right.reports) expect(report).toMatchObject({ ...clean, same: true, inFlight: 0, repaired: null });
    expect(right.reports.map(({ rows, events }) => [rows, events])).toEqual([
      [43, 43],
      [40, 40],
      [43, 43],
    ]);

    await seedFaults();
    const wrong = await verify('items');
    expect(wrong).toMatchObject({ code: 1, reports: [{ ...faults, same: false, inFlight: 0 }] });

    const before = (await readTopic(brokers, topic)).length;
    const mended = await verify('items', '--repair', '--tombstones');
    expect(mended).toMatchObject({ code: 0, reports: [{ ...faults, same: true, repaired: { published: 3, tombstones: 1 } }] });
    expect((await readTopic(brokers, topic)).length).toBe(before + 4);
    expect(await verify('items')).toMatchObject({ code: 0, reports: [{ ...clean, inFlight: 0 }] });
    // The live state is as true as before: nothing to publish, and a changed row comes.
    expect(await liberate(['run', file, '--once', '--job', 'items'])).toMatchObject({ code: 0 });
    await db.run(`UPDATE items SET body = 'changed', updated_at = ${kind === 'mariadb' ? 'NOW(6)' : 'now()'} WHERE id = -2`);
    expect(await verify('items')).toMatchObject({ code: 0, reports: [{ ...clean, inFlight: 1 }] });
    expect(await liberate(['run', file, '--once', '--job', 'items'])).toMatchObject({ code: 0 });
    expect(await verify('items')).toMatchObject({ code: 0, reports: [{ ...clean, inFlight: 0 }] });
    expect(await standing('{"id":-2}')).toContain('changed');
  }, 90_000);

  it('accuses nobody falsely while 4 writers and a poller go on, and still finds what is wrong', async () => {
    await using running = startLiberate(['run', file]);
    await running.line(({ msg }) => msg.startsWith('items: 43 rows'));
    await running.line(({ msg }) => msg.startsWith('entries: 40 rows'));
    await running.line(({ msg }) => msg.startsWith('whole: 43 rows'));
    const writing = AbortSignal.timeout(writingMs);
    const written = writeConcurrently(db, { sessions: 4, seed, holdMs: 600, signal: writing });
    const looked: VerifyReport[] = [];
    while (looked.length < 6) looked.push(...(await verify('items,entries,whole')).reports);
    for (const report of looked) expect(report).toMatchObject({ ...clean, same: true });

    await seedFaults();
    const found: VerifyReport[] = [];
    while (!writing.aborted || found.length === 0) found.push(...(await verify('items')).reports);
    for (const report of found) expect(report).toMatchObject({ ...faults, unloaded: 0, deadLetters: 0 });
    const { committed } = await written;
    expect(committed).toBeGreaterThan(20);
    console.log(
      `${kind}, seed ${seed}: ${committed} transactions, ${looked.length + found.length} reports, in flight ${[...looked, ...found].map(({ inFlight }) => inFlight).join(' ')}`,
    );

    // Beside a runner, --repair does not run; after it, it does.
    expect(await liberate(['verify', file, '--job', 'items', '--repair'])).toMatchObject({ code: 4 });
    running.kill('SIGTERM');
    await running.finished;
    expect(await verify('items', '--repair', '--tombstones')).toMatchObject({ code: 0, reports: [faults] });
    expect(await verify('items')).toMatchObject({ code: 0, reports: [clean] });
  }, 90_000);
});
