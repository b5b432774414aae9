import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/kit/clock.ts';
import { createDatabase, type TestDatabase } from '../support/databases.ts';
import { waitFor } from '../support/wait-for.ts';
import { checkStream } from './checker.ts';
import { contentOf, createTables, type Table, versionOf } from './items.ts';
import { startPolling } from './polling.ts';
import { seedTables, writeConcurrently } from './writers.ts';

const minutes = 60_000;

/** Milliseconds that liberate's machine is ahead of the database's, by the milliseconds since its start. */
const skews: Readonly<Record<string, (ms: number) => number>> = {
  'five minutes ahead': () => 5 * minutes,
  'five minutes behind': () => -5 * minutes,
  'set forward and back by five minutes': (ms) => (Math.floor(ms / 4000) % 2 === 0 ? 5 : -5) * minutes,
};

const skewed = (by: (ms: number) => number): Clock => ({
  now: () => systemClock.now() + by(performance.now()),
  sleep: systemClock.sleep,
});

const jobs = {
  items: { table: 'items', cursor: 'updated_at', columns: { exclude: ['touched_at'] }, every: '100ms', topic: 'items' },
  entries: { table: 'entries', cursor: 'id', every: '100ms', topic: 'entries' },
};

describe.each(['postgres', 'mariadb'] as const)('on %s, the clock of the machine that liberate runs on', (kind) => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createDatabase[kind]();
    await createTables(db, kind);
    await seedTables(db);
  });
  afterEach(async () => db[Symbol.asyncDispose]());

  it.each(Object.entries(skews))('may be %s: nothing is lost, nothing comes twice', async (_what, by) => {
    await using polling = startPolling({ source: db.url, jobs }, undefined, undefined, skewed(by));
    const ended = (job: string): number => polling.reports(job).filter(({ outcome }) => outcome === 'ok').length;
    const more = async (count: number): Promise<void> => {
      const from = { items: ended('items'), entries: ended('entries') };
      await waitFor(() => ended('items') >= from.items + count && ended('entries') >= from.entries + count, {
        timeout: 30_000,
        what: 'polls',
      });
    };
    await more(1);
    await writeConcurrently(db, { sessions: 6, seed: 3, holdMs: 500, signal: AbortSignal.timeout(2500) });
    await more(3);
    for (const table of ['items', 'entries'] as const satisfies readonly Table[]) {
      const verdict = checkStream(polling.stream(table), await contentOf(db, kind, table), versionOf);
      expect(verdict).toMatchObject({ missing: [], stale: [], extra: [], reordered: [], repeated: [] });
    }
  });
});
