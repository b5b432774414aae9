import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Bench, Case } from '../case.ts';
import type { Database } from '../databases/database.ts';
import { processStat } from '../process-stat.ts';
import type { Figures } from '../result.ts';
import { type Subject, start, writeJobs } from '../subject.ts';

const schema = 'quiet';
const rowsOfTable = 3;

/** Seconds between the first load's end and the first watch, which is for so long: V8 compiles what has got hot. */
const rest = 5;
const firstSeconds = 25;

/** What tables cost in which nothing happens. */
export const idleCase = (tables: number): Case => ({
  name: `idle-${tables}`,
  measure: async (bench) => {
    const seconds = bench.settings.seconds ?? 30;
    const database = await bench.place.database('pg');
    bench.note(`making ${tables} tables`);
    await makeTables(database, tables);
    const contenders = [];
    for (const subject of bench.subjects) {
      contenders.push({ name: subject.name, rounds: [await watch(bench, database, subject, tables, seconds)] });
    }
    await dropTables(database, tables);
    return {
      what: `${tables} quiet tables polled each second, over ${seconds} s from half a minute after the load, PostgreSQL → NDJSON`,
      contenders,
      skipped: null,
    };
  },
});

async function makeTables(database: Database, tables: number): Promise<void> {
  await database.run(`CREATE SCHEMA ${schema}`);
  for (let table = 1; table <= tables; table++) {
    await database.create(`${schema}.t${table}`, 'narrow');
    await database.insert({ table: `${schema}.t${table}`, shape: 'narrow', from: 1, to: rowsOfTable, stamp: 'seeded' });
  }
  await database.settle('');
}

/** A table in a statement: all at once would hold more locks than the server has room for. */
async function dropTables(database: Database, tables: number): Promise<void> {
  for (let table = 1; table <= tables; table++) await database.run(`DROP TABLE ${schema}.t${table}`);
  await database.run(`DROP SCHEMA ${schema}`);
}

async function watch(bench: Bench, database: Database, subject: Subject, tables: number, seconds: number): Promise<Figures> {
  const directory = await bench.place.folder('liberate');
  const jobs = { quiet: { table: `${schema}.*`, cursor: 'updated_at', every: '1s' } };
  await writeJobs(directory, { source: database.url, sink: 'ndjson:out', jobs });
  await using server = await openStatistics(database.url);
  await using running = await start(subject, directory);
  await running.loaded(tables);
  bench.note(`${subject.name}: ${firstSeconds + seconds} s of quiet`);
  await sleep(rest * 1000);
  const loaded = await look(running.pid, server);
  await sleep(firstSeconds * 1000);
  const before = await look(running.pid, server);
  await sleep(seconds * 1000);
  const after = await look(running.pid, server);
  const elapsed = after.at - before.at;
  return {
    '% of a core at first': partOfCore(loaded, before),
    '% of a core': partOfCore(before, after),
    'RSS MB': after.residentMegabytes,
    // Not of the first watch: for 10 s a session that has become idle keeps its counts, here those of the load, to itself.
    'table scans/s': (after.scans - before.scans) / elapsed,
    'transactions/s': (after.transactions - before.transactions) / elapsed,
    connections: Math.max(loaded.connections, after.connections),
  };
}

type Look = Awaited<ReturnType<typeof look>>;

/** `at`: seconds. */
async function look(pid: number, server: Statistics) {
  const [stat, counts] = await Promise.all([processStat(pid), server.counts()]);
  return { ...stat, ...counts, at: performance.now() / 1000 };
}

const partOfCore = (from: Look, to: Look): number => ((to.cpuSeconds - from.cpuSeconds) / (to.at - from.at)) * 100;

interface Counts {
  readonly transactions: number;
  /** Of the quiet tables, by whatever plan: whether each was really polled each second. */
  readonly scans: number;
  readonly connections: number;
}

interface Statistics extends AsyncDisposable {
  counts(): Promise<Counts>;
}

async function openStatistics(url: string): Promise<Statistics> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // The two connections left out are the bench's; its one transaction per count is lost among the others.
  const sql = `
    SELECT xact_commit + xact_rollback AS transactions,
      (SELECT sum(seq_scan + coalesce(idx_scan, 0)) FROM pg_stat_user_tables WHERE schemaname = '${schema}') AS scans,
      (SELECT count(*) - 2 FROM pg_stat_activity WHERE datname = current_database()) AS connections
    FROM pg_stat_database WHERE datname = current_database()`;
  return {
    counts: async () => {
      const { rows } = await client.query<Record<keyof Counts, string>>(sql);
      const [row] = rows;
      if (row === undefined) throw new Error('the server keeps no statistics of the database');
      return { transactions: Number(row.transactions), scans: Number(row.scans), connections: Number(row.connections) };
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}
