import { openMariadb, openPostgres, openSqlite } from '../../test/support/databases.ts';
import { openPolls, type Polls, type Statement, statementOf } from '../../test/support/quiet-poll.ts';
import type { Bench, Case } from '../case.ts';
import { type Database, type Kind, load } from '../databases/database.ts';
import type { Figures, Measured } from '../result.ts';

const table = 'rows_of_quiet_poll';
const sizes = [1_000, 100_000];
const mostRows = 10_000_000;
const warming = 20;
const polls = 200;

/**
 * What a poll that finds nothing costs, by the size of its table: milliseconds of the whole poll, and what the server does for
 * its SELECT. In this process, and so of this tree alone.
 */
export const quietPollCase = (kind: Kind): Case => ({
  name: `${kind}-quiet-poll-by-size`,
  measure: async (bench) => {
    const { rows, full, rounds } = bench.settings;
    const what = `a poll by updated_at that finds nothing, with its look-back, mean of ${polls}`;
    if (bench.subjects.length > 1) return { what, contenders: [], skipped: 'it is measured in this process, which is one version' };
    const database = await bench.place.database(kind);
    const contenders: Measured[] = [];
    for (const size of rows === null ? [...sizes, ...(full ? [mostRows] : [])] : [rows]) {
      bench.note(`making ${size} rows`);
      await load(database, table, 'narrow', size);
      const measured: Figures[] = [];
      for (let round = 0; round < rounds; round += 1) measured.push(await measure(bench, database));
      contenders.push({ name: `${size.toLocaleString('en')} rows`, rounds: measured });
    }
    await database.run(`DROP TABLE ${table}`);
    return { what: `${what}, ${database.title}`, contenders, skipped: null };
  },
});

async function measure({ note }: Bench, database: Database): Promise<Figures> {
  await using polling = await openPolls(database.url, { table, cursor: 'updated_at' });
  note(`${polls} quiet polls`);
  for (let poll = 0; poll < warming; poll += 1) await polling.poll();
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  for (let poll = 0; poll < polls; poll += 1) await expectNothing(polling);
  const { user, system } = process.cpuUsage(cpu);
  const whole = { 'ms a poll': (performance.now() - began) / polls, 'own CPU ms': (user + system) / 1000 / polls };
  const [request] = polling.requests;
  if (request === undefined) throw new Error('a poll read no page');
  return { ...whole, ...(await serverCost[database.kind](database.url, request)) };
}

async function expectNothing(polling: Polls): Promise<void> {
  const { published } = await polling.poll();
  if (published > 0) throw new Error(`a quiet poll published ${published} rows`);
}

type Request = Parameters<typeof statementOf>[1];

interface Explained {
  readonly Plan: Readonly<Record<'Shared Hit Blocks' | 'Shared Read Blocks', number>>;
  readonly 'Execution Time': number;
}

const serverCost: Readonly<Record<Kind, (url: string, request: Request) => Promise<Figures>>> = {
  pg: async (url, request) => {
    await using session = await openPostgres(url);
    const { sql, binds } = statementOf('postgres', request);
    await session.run(`PREPARE quiet AS ${sql}`);
    const explain = async (): Promise<Explained> => {
      const [[text]] = (await session.rows(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE quiet(${binds.join(', ')})`)) as [[string]];
      return (JSON.parse(text) as [Explained])[0];
    };
    await explain();
    const { Plan, 'Execution Time': ms } = await explain();
    return { 'statement ms': ms, buffers: Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'] };
  },
  mariadb: async (url, request) => {
    await using session = await openMariadb(url);
    const { sql } = statementOf('mariadb', request);
    await session.rows(sql);
    const ms = await meanMs(() => session.rows(sql));
    await session.run('FLUSH STATUS');
    await session.rows(sql);
    const read = await session.rows("SHOW SESSION STATUS LIKE 'Handler_read%'");
    return { 'statement ms': ms, 'rows read': read.reduce((sum, [, count]) => sum + Number(count), 0) };
  },
  sqlite: async (url, request) => {
    await using session = openSqlite(url.replace(/^sqlite:/, ''));
    const sql = inlined(statementOf('sqlite', request));
    return { 'statement ms': await meanMs(() => session.rows(sql)) };
  },
};

function inlined({ sql, binds }: Statement): string {
  let at = 0;
  return sql.replaceAll('?', () => binds[at++] ?? 'NULL');
}

async function meanMs(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  for (let at = 0; at < polls; at += 1) await work();
  return (performance.now() - began) / polls;
}
