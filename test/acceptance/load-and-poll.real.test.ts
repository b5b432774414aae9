import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { liberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { fold, readTopic, uniqueTopic } from '../support/topics.ts';
import { changeItems, createItems, expectedItems, type KeyVariant, variants } from './items.ts';

const kinds: readonly DatabaseKind[] = ['postgres', 'mariadb', 'sqlite'];

describe.each(kinds)('from %s into Kafka', (kind) => {
  describe.each(variants.map((variant) => ({ title: variant.title, variant })))('with $title', ({ variant }) => {
    const brokers = inject('servers').kafka.brokers;
    const topic = uniqueTopic('items');
    let db: TestDatabase;
    let directory: TemporaryDirectory;
    let jobs: string;

    beforeAll(async () => {
      db = await createDatabase[kind]();
      directory = await temporaryDirectory();
      await createItems(db, variant);
      jobs = writeJobs(directory.path, {
        source: db.url,
        sink: { brokers, topicDefaults: { partitions: variant.partitions, replication: 1 } },
        jobs: { items: { table: 'items', cursor: 'updated_at', topic, every: '20ms' } },
      });
    });
    afterAll(async () => {
      await db[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    });

    const all = variant.rows;
    it('loads 100,000 rows, of the later keys 15,000, that fold to exactly the table', async () => {
      expect(await liberate(['run', jobs, '--once'])).toMatchObject({ code: 0 });
      expect(await foldsToTheTable(db, variant, brokers, topic)).toBe(all);
    });

    it('polls 1,000 inserts and 1,000 updates that share their stamps, and folds to exactly the table', async () => {
      await changeItems(db, variant);
      expect(await liberate(['run', jobs, '--once'])).toMatchObject({ code: 0 });
      expect(await foldsToTheTable(db, variant, brokers, topic)).toBe(all + 2000);
    });

    // Once in full on each database: what is quiet does not hang on the kind of key.
    const quiet = variant === variants[0] ? 100 : 10;
    it(`publishes nothing in a second run, nor in ${quiet} quiet polls`, async () => {
      expect(await liberate(['run', jobs, '--once'])).toMatchObject({ code: 0 });
      await using running = startLiberate(['run', jobs, '--log-level', 'debug']);
      await running.line(() => running.lines().filter(({ outcome }) => outcome === 'ok').length >= quiet);
      running.kill('SIGTERM');
      expect(await running.finished).toMatchObject({ code: 0 });
      expect((await readTopic(brokers, topic)).length).toBe(all + 2000);
    });
  });
});

/** How many records there are. */
async function foldsToTheTable(db: TestDatabase, variant: KeyVariant, brokers: readonly string[], topic: string): Promise<number> {
  const records = await readTopic(brokers, topic);
  const folded = fold(records);
  const table = await expectedItems(db, variant);
  expect(folded.size).toBe(table.size);
  const wrong = [...table].filter(([key, value]) => folded.get(key) !== value);
  expect(wrong.slice(0, 3).map(([key, value]) => [value, folded.get(key)])).toEqual([]);
  return records.length;
}
