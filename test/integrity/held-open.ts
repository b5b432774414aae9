import { setTimeout as sleep } from 'node:timers/promises';
import type { CycleReport } from '../../src/model/report.ts';
import type { OwnSession, TestDatabase } from '../support/databases.ts';
import { checkStream, type KeyedEvent } from './checker.ts';
import { bodyOf, contentOf, createTables, stamps, type Table, versionOf } from './items.ts';
import { startPolling } from './polling.ts';
import { seedTables } from './writers.ts';

export interface HeldOptions {
  /** Where the transaction is open: in the table that is polled, or in another database of the server. */
  readonly where: 'here' | 'in another database';
  /** Milliseconds for which it is open. */
  readonly holdMs: number;
  readonly everyMs: number;
}

export interface Held {
  /** Rows that others committed meanwhile. */
  readonly rows: number;
  /** Rows that the first poll which began after their commit did not publish. */
  readonly late: readonly string[];
  /** The open transaction's own rows were published before it committed. */
  readonly early: readonly string[];
  /** Of both streams, in the end. */
  readonly faults: readonly string[];
  /** Rows that the last poll before the transaction's end read again and dropped. */
  readonly readAgain: number;
}

const jobs = {
  items: { table: 'items', cursor: 'updated_at', columns: { exclude: ['touched_at'] }, topic: 'items' },
  entries: { table: 'entries', cursor: 'id', topic: 'entries' },
};
const topics: readonly Table[] = ['items', 'entries'];

/** Commits rows one by one beside a write transaction that is left open. `other`: a database of the same server. */
export async function holdOpen(db: TestDatabase, other: TestDatabase, { where, holdMs, everyMs }: HeldOptions): Promise<Held> {
  const place = where === 'here' ? db : other;
  for (const one of new Set([db, place])) {
    await createTables(one, db.kind);
    await seedTables(one);
  }
  const each = Object.entries(jobs).map(([name, job]) => [name, { ...job, every: `${everyMs}ms` }]);
  await using polling = startPolling({ source: db.url, jobs: Object.fromEntries(each) });
  await polling.cycles(1);
  const has = (table: Table, body: string): boolean => polling.stream(table).some(({ value }) => value !== null && bodyOf(value) === body);

  await using open = await place.connect();
  await beginWriting(open, place);
  const until = Date.now() + holdMs;
  const late: string[] = [];
  let rows = 0;
  while (rows < 3 || Date.now() < until) {
    const body = `short ${rows}`;
    await db.run(`INSERT INTO items (version, body) VALUES (1, '${body}'); INSERT INTO entries (version, body) VALUES (1, '${body}')`);
    await polling.cycles(1);
    late.push(...topics.filter((table) => !has(table, body)).map((table) => `${body} of ${table}`));
    rows += 1;
    await sleep(everyMs);
  }
  await polling.cycles(1);
  const readAgain = polling.reports('items').findLast(({ outcome }: CycleReport) => outcome === 'ok')?.repeated ?? 0;
  const early = topics.filter((table) => has(table, 'open'));
  await open.run('COMMIT');
  await polling.cycles(2);
  const faults: string[] = [];
  for (const table of topics) faults.push(...faultsOf(table, polling.stream(table), await contentOf(db, db.kind, table)));
  return { rows, late, early, faults, readAgain };
}

async function beginWriting(session: OwnSession, { kind }: TestDatabase): Promise<void> {
  await session.run(`BEGIN; UPDATE items SET version = version + 1, body = 'open', ${stamps[kind]} WHERE id = 1;
    INSERT INTO entries (version, body) VALUES (1, 'open')`);
}

function faultsOf(table: Table, events: readonly KeyedEvent[], content: ReadonlyMap<string, string>): readonly string[] {
  const { missing, stale, extra, reordered, repeated } = checkStream(events, content, versionOf);
  const all = Object.entries({ missing, stale, extra, reordered, repeated });
  return all.flatMap(([what, keys]) => keys.map((key) => `${table}: ${key} ${what}`));
}
