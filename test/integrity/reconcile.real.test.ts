import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { createDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { liberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopic, uniqueTopic } from '../support/topics.ts';
import { checkStream, counts, type KeyedEvent } from './checker.ts';
import { contentOf, createTables, versionOf } from './items.ts';
import { seededRandom } from './random.ts';
import { seedTables, writeConcurrently } from './writers.ts';

const kinds: readonly DatabaseKind[] = ['postgres', 'mariadb', 'sqlite'];
const seed = Number(process.env.LIBERATE_TEST_SEED ?? 1);
const kills = 5;

describe.each(kinds)('deletes, from %s into Kafka', (kind) => {
  const brokers = inject('servers').kafka.brokers;
  let db: TestDatabase;
  let directory: TemporaryDirectory;

  beforeEach(async () => {
    db = await createDatabase[kind]();
    directory = await temporaryDirectory();
    await createTables(db, kind);
    if (kind === 'sqlite') await db.run('PRAGMA journal_mode = WAL');
    await seedTables(db);
  });
  afterEach(async () => {
    await db[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  it(`fold to exactly the table beside writers that delete and change keys, killed in the middle of a reconcile (seed ${seed})`, async () => {
    const topic = uniqueTopic('reconciled');
    const columns = { exclude: ['touched_at'] };
    const file = writeJobs(directory.path, {
      source: db.url,
      sink: { brokers, topicDefaults: { partitions: 1, replication: 1 } },
      state: { url: `sqlite:${join(directory.path, 'state.db')}`, lease: '1s' },
      defaults: { every: '50ms', batch: 20, columns },
      jobs: {
        items: { table: 'items', cursor: 'updated_at', reconcile: '100ms', topic },
        whole: { table: 'items', mode: 'bulk', topic: `${topic}-whole` },
      },
    });
    const random = seededRandom(seed);
    const stop = new AbortController();
    const writing = writeConcurrently(db, {
      sessions: kind === 'sqlite' ? 1 : 4,
      seed,
      holdMs: kind === 'sqlite' ? 20 : 200,
      unseen: true,
      signal: stop.signal,
    });
    writing.catch(() => undefined);
    let reconciles = 0;
    try {
      for (let kill = 0; kill < kills; kill += 1) {
        await using running = startLiberate(['run', file]);
        // One is over: the next begins a tenth of a second later.
        await running.line(({ msg }) => msg.startsWith('items: reconciled'));
        await sleep(random.below(250));
        reconciles += running.lines().filter(({ msg }) => msg.startsWith('items: reconciled')).length;
        running.kill('SIGKILL');
        await running.finished;
      }
    } finally {
      stop.abort();
    }
    const { committed } = await writing;
    // The first finds what was changed while nothing ran; the second must find nothing.
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 0 });
    await sleep(100);
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 0 });
    const table = await contentOf(db, kind, 'items');
    for (const name of [topic, `${topic}-whole`]) {
      const events = (await readTopic(brokers, name)) as readonly KeyedEvent[];
      const verdict = checkStream(events, table, versionOf);
      console.log(`${kind}: ${committed} transactions, ${reconciles} reconciles, ${JSON.stringify(counts(verdict))}`);
      expect(verdict).toMatchObject({ missing: [], stale: [], extra: [], reordered: [] });
      expect(events.filter(({ value }) => value === null).length).toBeGreaterThan(0);
    }
    const verified = await liberate(['verify', file, '--job', 'items,whole', '--json']);
    const reports = verified.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as VerifyReport);
    expect(verified.code).toBe(0);
    for (const report of reports) expect(report).toMatchObject({ deletesTold: true, missing: 0, stale: 0, extra: 0, inFlight: 0 });
    const before = (await readTopic(brokers, topic)).length;
    await sleep(100);
    expect(await liberate(['run', file, '--once'])).toMatchObject({ code: 0 });
    expect((await readTopic(brokers, topic)).length).toBe(before);
    const { stdout } = await liberate(['status', file]);
    expect(stdout).toMatch(
      /reconciled +\S+ ago: 0 rows and 0 tombstones published; \d+ rows read and \d+ keys compared in .*, \d+ KB remembered/,
    );
  }, 600_000);
});
