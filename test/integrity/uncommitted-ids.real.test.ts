import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMemoryState } from '../../src/state/memory/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { createDatabase, createMariadbUser, type OwnSession, type TestDatabase } from '../support/databases.ts';
import { waitFor } from '../support/topics.ts';
import { checkStream } from './checker.ts';
import { bodyOf, contentOf, createTables, versionOf } from './items.ts';
import { type Polling, startPolling } from './polling.ts';

const byId = { table: 'entries', cursor: 'id', every: '100ms', topic: 'entries', lookback: '500ms' };
const faultless = { missing: [], stale: [], extra: [], reordered: [], repeated: [] };
const insert = (body: string): string => `INSERT INTO entries (version, body) VALUES (1, '${body}')`;
/** Six times the look-back, on the server's clock. */
const wellBeyond = '3000000';

describe('a transaction of MariaDB that a login with SELECT alone cannot see, open for much longer than the look-back', () => {
  const stack: AsyncDisposable[] = [];
  let db: TestDatabase;
  let store: StateStore;
  let polling: Polling;
  let quick: OwnSession;
  let late: OwnSession;

  beforeEach(async () => {
    const opened = async <T extends AsyncDisposable>(opening: Promise<T>): Promise<T> => {
      const one = await opening;
      stack.push(one);
      return one;
    };
    db = await opened(createDatabase.mariadb());
    await createTables(db, 'mariadb');
    const reader = await opened(createMariadbUser(db, { grants: [`SELECT ON ${db.name}.*`] }));
    quick = await opened(db.connect());
    late = await opened(db.connect());
    store = openMemoryState();
    polling = startPolling({ source: reader.url, jobs: { entries: byId } }, store);
    stack.push(polling);
    await quick.run(insert('first'));
    await published('first');
  });
  afterEach(async () => {
    for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });

  const bodies = (): readonly string[] => polling.stream('entries').map(({ value }) => bodyOf(value ?? '{}'));
  const published = (body: string): Promise<unknown> =>
    waitFor(() => bodies().includes(body), { timeout: 20_000, what: `the row "${body}"` });
  const age = async (): Promise<void> => {
    const [[since] = []] = await quick.rows('SELECT NOW(6)');
    await waitFor(async () => (await quick.rows(`SELECT 1 WHERE NOW(6) >= '${since}' + INTERVAL ${wellBeyond} MICROSECOND`)).length > 0, {
      timeout: 60_000,
    });
    await polling.cycles(3);
  };
  const settled = async (): Promise<void> => {
    const verdict = checkStream(polling.stream('entries'), await contentOf(db, 'mariadb', 'entries'), versionOf);
    expect(verdict).toMatchObject(faultless);
  };

  it('has its rows published when it commits, though higher ids were published long before', async () => {
    await late.run(`BEGIN; ${insert('late')}`);
    await quick.run(insert('higher'));
    await published('higher');
    await age();
    expect(bodies()).toEqual(['first', 'higher']);
    await late.run('COMMIT');
    await published('late');
    expect(bodies()).toEqual(['first', 'higher', 'late']);
    await settled();
    expect(polling.events.find(({ type }) => type === 'job.start')).toMatchObject({
      guarantee: expect.stringContaining('takes its id and writes no row for longer than 500ms'),
      method: expect.stringContaining('READ UNCOMMITTED'),
    });
  });

  it('leaves no gap behind when it is rolled back, while that of another one stays', async () => {
    const saved = async (): Promise<readonly (readonly [string | null, string])[]> =>
      ((await store.load('entries'))?.gaps ?? []).map(({ from, to }) => [from, to]);
    await late.run(`BEGIN; ${insert('never')}`);
    await quick.run(insert('between'));
    await using other = await db.connect();
    await other.run(`BEGIN; ${insert('late')}`);
    await quick.run(insert('higher'));
    await published('higher');
    await age();
    await late.run('ROLLBACK');
    // What is known of gaps is saved with the next row at the latest.
    await age();
    await quick.run(insert('highest'));
    await published('highest');
    await polling.cycles(1);
    expect(await saved()).toEqual([['4', '4']]);
    await other.run('COMMIT');
    await published('late');
    await polling.cycles(1);
    expect(await saved()).toEqual([]);
    await settled();
  });
});
