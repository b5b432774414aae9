import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CycleReport } from '../../src/model/report.ts';
import {
  createDatabase,
  createMariadbUser,
  createPostgresRole,
  type DatabaseKind,
  type TestDatabase,
  type TestLogin,
} from '../support/databases.ts';
import { checkStream, counts, type KeyedEvent } from './checker.ts';
import { bodyOf, contentOf, createTables, type Table, versionOf } from './items.ts';
import { pollNaively } from './naive.ts';
import { type Polling, startPolling } from './polling.ts';
import { seedTables, type Written, writeConcurrently } from './writers.ts';

const writingMs = 12_000;
const seed = Number(process.env.LIBERATE_TEST_SEED ?? 1);

interface Login {
  readonly name: string;
  /** null: the owner of the tables. */
  readonly grants: ((database: string) => readonly string[]) | null;
  /** How the first line of a job names the method of its guarantee. */
  readonly method: RegExp;
}

interface Setting {
  readonly kind: Exclude<DatabaseKind, 'sqlite'>;
  readonly sessions: number;
  readonly logins: readonly Login[];
}

const postgresGrant = 'SELECT ON ALL TABLES IN SCHEMA public';
const settings: readonly Setting[] = [
  {
    kind: 'postgres',
    sessions: 12,
    logins: [
      { name: 'owner', grants: null, method: /^look-back to oldest open transaction, |by oldest open transaction$/ },
      { name: 'select', grants: () => [postgresGrant], method: /lookback 1m, other sessions are hidden/ },
      {
        name: 'select-and-stats',
        grants: () => [postgresGrant, 'pg_read_all_stats'],
        method: /^look-back to oldest open transaction, |by oldest open transaction$/,
      },
    ],
  },
  {
    kind: 'mariadb',
    sessions: 8,
    logins: [
      { name: 'select', grants: (database) => [`SELECT ON ${database}.*`], method: /lookback 1m, no PROCESS privilege/ },
      {
        name: 'process',
        grants: (database) => [`SELECT ON ${database}.*`, 'PROCESS ON *.*'],
        method: /^look-back to oldest open transaction, |by oldest open transaction$/,
      },
    ],
  },
];

interface How {
  readonly how: string;
  readonly table: Table;
  readonly job: { readonly mode: string; readonly cursor: string; readonly [key: string]: unknown };
}

const ways: readonly How[] = [
  { how: 'timestamp', table: 'items', job: { mode: 'timestamp', cursor: 'updated_at', columns: { exclude: ['touched_at'] } } },
  {
    how: 'timestamp+incrementing, in small pages',
    table: 'items',
    job: { mode: 'timestamp+incrementing', cursor: 'updated_at', increment: 'id', columns: { exclude: ['touched_at'] }, batch: 5 },
  },
  {
    how: 'timestamp in whole seconds, unpublished',
    table: 'items',
    job: { mode: 'timestamp', cursor: 'touched_at', columns: { exclude: ['touched_at'] } },
  },
  { how: 'incrementing', table: 'entries', job: { mode: 'incrementing', cursor: 'id' } },
];

const jobName = (login: string, how: string): string => `${login} ${how}`.replaceAll(/[^a-z-]+/g, '-');

async function loginOf(db: TestDatabase, { grants }: Login): Promise<(AsyncDisposable & { readonly url: string }) | null> {
  if (grants === null) return null;
  const granted = { grants: grants(db.name) };
  const create: (database: TestDatabase, options: typeof granted) => Promise<TestLogin> =
    db.kind === 'mariadb' ? createMariadbUser : createPostgresRole;
  return create(db, granted);
}

describe.each(settings)('from $kind, while $sessions sessions hold their transactions open', ({ kind, sessions, logins }) => {
  let db: TestDatabase;
  const opened: AsyncDisposable[] = [];
  let written: Written;
  let streams: ReadonlyMap<string, readonly KeyedEvent[]>;
  let naive: Readonly<Record<Table, readonly KeyedEvent[]>>;
  let methods: ReadonlyMap<string, string>;
  const content = new Map<Table, ReadonlyMap<string, string>>();

  beforeAll(async () => {
    db = await createDatabase[kind]();
    await createTables(db, kind);
    await seedTables(db);
    const sources: Record<string, string> = {};
    for (const login of logins) {
      const account = await loginOf(db, login);
      if (account !== null) opened.push(account);
      sources[login.name] = account?.url ?? db.url;
    }
    const jobs = logins.flatMap(({ name: source }) =>
      ways.map(({ how, table, job }) => ({ name: jobName(source, how), table, content: { ...job, source, table, every: '100ms' } })),
    );
    await using polling = startPolling({
      sources,
      jobs: Object.fromEntries(jobs.map(({ name, content }) => [name, { ...content, topic: name }])),
    });
    await polling.cycles(1);

    // They go on until the last transaction has ended.
    const allWritten = new AbortController();
    const naively = Promise.all([
      pollNaively(db, 'items', 'updated_at', allWritten.signal),
      pollNaively(db, 'entries', 'id', allWritten.signal),
    ]);
    written = await writeConcurrently(db, { sessions, seed, holdMs: 800, signal: AbortSignal.timeout(writingMs) });
    allWritten.abort();
    const [items, entries] = await naively;
    naive = { items, entries };
    await polling.cycles(2);
    streams = new Map(jobs.map(({ name }) => [name, polling.stream(name)]));
    methods = new Map(polling.events.flatMap((event) => (event.type === 'job.start' ? [[event.job, event.method]] : [])));
    for (const table of ['items', 'entries'] as const) content.set(table, await contentOf(db, kind, table));
    print(polling, jobs);
  }, 90_000);

  afterAll(async () => {
    for (const login of opened) await login[Symbol.asyncDispose]();
    await db?.[Symbol.asyncDispose]();
  });

  const verdictOf = (events: readonly KeyedEvent[], table: Table) =>
    checkStream(events, content.get(table) as ReadonlyMap<string, string>, versionOf);

  function print(polling: Polling, jobs: readonly { readonly name: string; readonly table: Table }[]): void {
    console.log(`${kind}, seed ${seed}: ${written.committed} transactions committed, ${written.rolledBack} rolled back`);
    for (const { name, table } of jobs) {
      const reports = polling.reports(name);
      const mean = (of: (report: CycleReport) => number): number =>
        Math.round(reports.reduce((sum, one) => sum + of(one), 0) / reports.length);
      const cost = {
        polls: reports.length,
        droppedAPoll: mean(({ repeated }) => repeated),
        msAPoll: mean((one) => one.endedAt - one.startedAt),
      };
      console.log(name, JSON.stringify({ ...counts(verdictOf(polling.stream(name), table)), ...cost }));
    }
    for (const table of ['items', 'entries'] as const)
      console.log(`naive ${table}`, JSON.stringify(counts(verdictOf(naive[table], table))));
  }

  it('the writers write enough, roll back some, and a naive poller loses rows', () => {
    expect(written.committed).toBeGreaterThan(sessions * 5);
    expect(written.rolledBack).toBeGreaterThan(0);
    const items = verdictOf(naive.items, 'items');
    expect(items.missing.length + items.stale.length).toBeGreaterThan(10);
    expect(verdictOf(naive.entries, 'entries').missing.length).toBeGreaterThan(5);
  });

  describe.each(logins)('as $name', ({ name, method }) => {
    it.each(ways)('$how: nothing is lost, nothing comes twice, no row goes back in its history', ({ how, table }) => {
      const stream = streams.get(jobName(name, how)) ?? [];
      const verdict = verdictOf(stream, table);
      expect(verdict).toMatchObject({ missing: [], stale: [], extra: [], reordered: [], repeated: [] });
      expect(verdict.rows).toBeGreaterThan(50);
      expect(stream.filter(({ value }) => written.phantoms.has(bodyOf(value as string)))).toEqual([]);
    });

    it('says by which method', () => {
      for (const { how } of ways) expect(methods.get(jobName(name, how))).toMatch(method);
    });
  });
});
