import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { triggerSql } from '../../src/source/postgres/wake-trigger.ts';
import { createDatabase, type TestDatabase } from '../support/databases.ts';
import { startProxy, through } from '../support/proxy.ts';
import { waitFor } from '../support/topics.ts';
import { checkStream } from './checker.ts';
import { bodyOf, contentOf, createTables, versionOf } from './items.ts';
import { type Polling, startPolling } from './polling.ts';

const items = { table: 'items', cursor: 'updated_at', columns: { exclude: ['touched_at'] }, topic: 'items' };
const faultless = { missing: [], stale: [], extra: [], reordered: [], repeated: [] };

describe.each(['postgres', 'sqlite'] as const)('commits that wake a job on %s', (kind) => {
  let db: TestDatabase;
  const stack: AsyncDisposable[] = [];
  const wake = kind === 'postgres' ? 'items_changed' : true;
  const now = kind === 'postgres' ? 'clock_timestamp()' : "strftime('%Y-%m-%d %H:%M:%f', 'now')";

  beforeEach(async () => {
    db = await createDatabase[kind]();
    await createTables(db, kind);
    await db.run(kind === 'postgres' ? triggerSql('items_changed', { schema: null, name: 'items' }) : 'PRAGMA journal_mode = WAL');
  });
  afterEach(async () => {
    for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
    await db[Symbol.asyncDispose]();
  });

  const insert = (body: string): Promise<void> => db.run(`INSERT INTO items (version, body, updated_at) VALUES (1, '${body}', ${now})`);
  const poll = async (job: object, source = db.url): Promise<Polling> => {
    const polling = startPolling({ source, jobs: { items: { ...items, ...job } } });
    stack.push(polling);
    await waitFor(() => polling.reports('items').length > 0, { what: 'the first poll' });
    return polling;
  };
  const published = (polling: Polling, body: string): Promise<unknown> =>
    waitFor(() => polling.stream('items').some(({ value }) => value !== null && bodyOf(value) === body), { what: body });

  it('are published long before every falls due', async () => {
    const polling = await poll({ every: '1h', wake });
    for (let round = 0; round < 20; round += 1) {
      await insert(`round ${round}`);
      await published(polling, `round ${round}`);
    }
    expect(checkStream(polling.stream('items'), await contentOf(db, kind, 'items'), versionOf)).toMatchObject(faultless);
  });

  it('are polled for together in a storm, and none is lost', async () => {
    const polling = await poll({ every: '1h', wake });
    const writers = await Promise.all(Array.from({ length: 4 }, async () => await db.connect()));
    stack.push(...writers);
    await Promise.all(
      writers.map(async (writer, at) => {
        for (let id = 1; id <= 250; id += 1) {
          await writer.run(`INSERT INTO items (version, body, updated_at) VALUES (1, 'writer ${at} ${id}', ${now})`);
        }
      }),
    );
    await waitFor(() => polling.stream('items').length >= 1000, { what: '1,000 rows' });
    expect(checkStream(polling.stream('items'), await contentOf(db, kind, 'items'), versionOf)).toMatchObject(faultless);
    expect(polling.reports('items').length).toBeLessThan(500);
  });

  it.runIf(kind === 'postgres')('still come by every with a channel that nobody notifies', async () => {
    const polling = await poll({ every: '300ms', wake: 'nobody' });
    await insert('unheard');
    await published(polling, 'unheard');
  });

  it.runIf(kind === 'postgres')('still come by every while the connection that listens is lost, and wake again after it', async () => {
    const proxy = await startProxy({ port: Number(new URL(db.url).port) });
    stack.push(proxy);
    const polling = await poll({ every: '1h', wake }, through(db.url, proxy));
    const often = startPolling({ source: db.url, jobs: { items: { ...items, every: '300ms', wake } } });
    stack.push(often);
    const told = (words: string): boolean =>
      polling.events.some((event) => event.type.startsWith('job.') && 'message' in event && event.message.includes(words));
    await insert('before');
    await published(polling, 'before');

    await proxy.refuse(true);
    proxy.cut();
    await db.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'liberate' AND query LIKE 'LISTEN%'");
    await insert('meanwhile');
    await published(often, 'meanwhile');
    await waitFor(() => told('no hints of commits come'), { what: 'the warning' });

    await proxy.refuse(false);
    await published(polling, 'meanwhile');
    expect(told('hints of commits come again')).toBe(true);
    await insert('after');
    await published(polling, 'after');
  });
});
