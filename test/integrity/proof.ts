import type { CycleReport } from '../../src/model/report.ts';
import type { TestDatabase } from '../support/databases.ts';
import { checkStream, type KeyedEvent, type Verdict } from './checker.ts';
import { bodyOf, contentOf, createTables, type Table, versionOf } from './items.ts';
import { pollNaively } from './naive.ts';
import { type Polling, startPolling } from './polling.ts';
import type { Login, Reader, Setting, Way } from './proof-settings.ts';
import { seedTables, type Written, writeConcurrently } from './writers.ts';

export interface ProofOptions {
  /** Sessions that write at once. */
  readonly sessions: number;
  readonly seed: number;
  /** Most milliseconds that a transaction is held open. */
  readonly holdMs: number;
  readonly writingMs: number;
  /** Milliseconds from one poll to the next, of liberate and of the naive poller. */
  readonly everyMs: number;
}

/** What one reader's stream came to. */
export interface ProofRow {
  readonly setting: string;
  /** `naive`: the poller of `WHERE cursor > mark`. */
  readonly login: string;
  readonly how: string;
  readonly verdict: Verdict;
  /** Events of rows that were never committed. */
  readonly phantoms: number;
  /** As the job's first line names it; null of the naive poller. */
  readonly method: string | null;
  readonly polls: number;
  /** Rows that were read again and dropped, and milliseconds, a poll on average. */
  readonly dropped: number;
  readonly ms: number;
}

export interface Proof {
  readonly rows: readonly ProofRow[];
  readonly written: Written;
}

export const naive = 'naive';

/** Sessions write, every login polls in every way, a naive poller too; then each stream is held against the table. */
export async function prove(db: TestDatabase, setting: Setting, options: ProofOptions): Promise<Proof> {
  const { kind, ways, unseen } = setting;
  // Readers and the writer do not wait for each other, as in any database that is polled.
  if (kind === 'sqlite') await db.run('PRAGMA journal_mode = WAL');
  await createTables(db, kind);
  await seedTables(db);
  await using readers = await openReaders(db, setting.logins);
  await using polling = startPolling(jobsOf(readers.byLogin, ways, options.everyMs));
  await polling.cycles(1);

  const allWritten = new AbortController();
  const naively = Promise.all(naiveWays.map(({ table, cursor }) => pollNaively(db, table, cursor, options.everyMs, allWritten.signal)));
  const written = await writeConcurrently(db, { ...options, unseen, signal: AbortSignal.timeout(options.writingMs) });
  allWritten.abort();
  const naiveStreams = await naively;
  for (const { reached } of readers.byLogin.values()) await reached();
  await polling.cycles(2);
  // The first may have begun before the last commit.
  if (unseen) await polling.reconciles(3);

  const content = new Map<Table, ReadonlyMap<string, string>>();
  for (const table of ['items', 'entries'] as const) content.set(table, await contentOf(db, kind, table));
  const judged = (events: readonly KeyedEvent[], table: Table): Pick<ProofRow, 'verdict' | 'phantoms'> => ({
    verdict: checkStream(events, content.get(table) as ReadonlyMap<string, string>, versionOf),
    phantoms: events.filter(({ value }) => value !== null && written.phantoms.has(bodyOf(value))).length,
  });
  const methods = new Map(polling.events.flatMap((event) => (event.type === 'job.start' ? [[event.job, event.method]] : [])));
  const rows = setting.logins.flatMap(({ name: login }) =>
    ways.map(({ how, table }): ProofRow => {
      const job = jobName(login, how);
      return {
        setting: setting.name,
        login,
        how,
        ...judged(polling.stream(job), table),
        method: methods.get(job) ?? null,
        ...costOf(polling, job),
      };
    }),
  );
  const naiveRows = naiveWays.map(({ how, table }, at): ProofRow => {
    const none = { method: null, polls: 0, dropped: 0, ms: 0 };
    return { setting: setting.name, login: naive, how, ...judged(naiveStreams[at] ?? [], table), ...none };
  });
  return { rows: [...rows, ...naiveRows], written };
}

/** What a row must not have; empty: it holds what is promised. Repeats are promised away only where versions are exact. */
export function faultsOf({ verdict, phantoms }: ProofRow, repeats: 'none' | 'counted'): readonly string[] {
  const { missing, stale, extra, reordered, repeated } = verdict;
  const counts = { missing, stale, extra, reordered, ...(repeats === 'none' ? { repeated } : {}) };
  const faults = Object.entries(counts).flatMap(([what, keys]) =>
    keys.length === 0 ? [] : [`${keys.length} ${what}: ${keys.slice(0, 5).join(' ')}`],
  );
  return phantoms === 0 ? faults : [...faults, `${phantoms} never committed`];
}

const naiveWays = [
  { how: 'updated_at > mark', table: 'items', cursor: 'updated_at' },
  { how: 'id > mark', table: 'entries', cursor: 'id' },
] as const;

const jobName = (login: string, how: string): string => `${login} ${how}`.toLowerCase().replaceAll(/[^a-z]+/g, '-');

interface Readers extends AsyncDisposable {
  readonly byLogin: ReadonlyMap<string, Reader>;
}

async function openReaders(db: TestDatabase, logins: readonly Login[]): Promise<Readers> {
  const byLogin = new Map<string, Reader>();
  for (const login of logins) byLogin.set(login.name, await login.open(db));
  return {
    byLogin,
    [Symbol.asyncDispose]: async () => {
      for (const reader of byLogin.values()) await reader[Symbol.asyncDispose]();
    },
  };
}

function jobsOf(readers: ReadonlyMap<string, Reader>, ways: readonly Way[], everyMs: number): Parameters<typeof startPolling>[0] {
  const sourceName = (login: string): string => login.toLowerCase().replaceAll(/[^a-z]+/g, '-');
  const jobs = [...readers.keys()].flatMap((login) =>
    ways.map(({ how, table, job }) => {
      const name = jobName(login, how);
      return [name, { ...job, source: sourceName(login), table, every: `${everyMs}ms`, topic: name }] as const;
    }),
  );
  return {
    sources: Object.fromEntries([...readers].map(([login, { url }]) => [sourceName(login), url])),
    jobs: Object.fromEntries(jobs),
  };
}

function costOf(polling: Polling, job: string): Pick<ProofRow, 'polls' | 'dropped' | 'ms'> {
  const reports = polling.reports(job);
  const mean = (of: (report: CycleReport) => number): number =>
    reports.reduce((sum, one) => sum + of(one), 0) / Math.max(1, reports.length);
  return { polls: reports.length, dropped: mean(({ repeated }) => repeated), ms: mean((one) => one.endedAt - one.startedAt) };
}
