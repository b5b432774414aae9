import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Bench, Case } from '../case.ts';
import type { Database } from '../databases/database.ts';
import { processStat } from '../process-stat.ts';
import type { Figures } from '../result.ts';
import { type Subject, start, writeJobs } from '../subject.ts';

const schema = 'quiet';
const rowsOfTable = 3;

/** Seconds between the first load's end and the watch. */
const rest = 5;

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
    return { what: `${tables} quiet tables polled each second, over ${seconds} s, PostgreSQL → NDJSON`, contenders, skipped: null };
  },
});

async function makeTables(database: Database, tables: number): Promise<void> {
  await database.run(`CREATE SCHEMA ${schema}`);
  for (let table = 1; table <= tables; table++) await database.create(`${schema}.t${table}`, 'narrow');
  for (let table = 1; table <= tables; table++) {
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
  bench.note(`${subject.name}: ${seconds} s of quiet`);
  await sleep(rest * 1000);
  const begin = performance.now();
  const [before, transactionsBefore] = await Promise.all([processStat(running.pid), server.transactions()]);
  await sleep(seconds * 1000);
  const [after, transactionsAfter] = await Promise.all([processStat(running.pid), server.transactions()]);
  const connections = await server.connections();
  const elapsed = (performance.now() - begin) / 1000;
  return {
    '% of a core': ((after.cpuSeconds - before.cpuSeconds) / elapsed) * 100,
    'RSS MB': after.residentMegabytes,
    'transactions/s': (transactionsAfter - transactionsBefore) / elapsed,
    connections,
  };
}

interface Statistics extends AsyncDisposable {
  transactions(): Promise<number>;
  connections(): Promise<number>;
}

/** Asks from another database, so that the asking does not count. */
async function openStatistics(url: string): Promise<Statistics> {
  const other = new URL(url);
  other.pathname = '/postgres';
  const client = new pg.Client({ connectionString: other.href });
  await client.connect();
  const number = async (sql: string): Promise<number> => {
    const { rows } = await client.query<{ number: string }>(sql);
    return Number(rows[0]?.number);
  };
  return {
    transactions: () => number(`SELECT xact_commit + xact_rollback AS number FROM pg_stat_database WHERE datname = 'bench'`),
    // One is the bench's own.
    connections: () => number(`SELECT count(*) - 1 AS number FROM pg_stat_activity WHERE datname = 'bench'`),
    [Symbol.asyncDispose]: () => client.end(),
  };
}
