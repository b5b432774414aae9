import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bench, type Case, expectRows, rowsOf } from '../case.ts';
import { type Contender, inTurn } from '../contender.ts';
import { type Database, type Kind, load } from '../databases/database.ts';
import { bytesOf } from '../databases/shape.ts';
import { measurePipeline, throughput } from '../measure.ts';
import { ceiling } from '../result.ts';
import { measureOnce, type Subject, writeJobs } from '../subject.ts';
import { kcat } from './bulk.ts';

const table = 'rows_of_catch_up';
const rowsOfCommit = 100;

/** A table that was read stands with its mark; as many rows come by many commits; the next run is measured. */
export const catchUpCase = (kind: Kind): Case => ({
  name: `${kind}-catch-up`,
  measure: async (bench) => {
    const rows = rowsOf(bench.settings, 50_000, 1_000_000);
    const database = await bench.place.database(kind);
    bench.note(`${rows} rows into ${database.title}, read once by each`);
    await load(database, table, 'standard', rows);
    const subjects: Contender[] = [];
    for (const subject of bench.subjects) subjects.push(await readOnce(bench, database, subject, rows));
    bench.note(`${rows} more rows, ${rowsOfCommit} a commit`);
    for (let from = rows + 1; from <= 2 * rows; from += rowsOfCommit) {
      await database.insert({ table, shape: 'standard', from, to: Math.min(2 * rows, from + rowsOfCommit - 1), stamp: 'now' });
    }
    await database.settle(table);
    const measured = await inTurn([ceilingOf(bench, database, rows), ...subjects], bench.settings.rounds, bench.note);
    await database.run(`DROP TABLE ${table}`);
    const what = `${rows} new rows of ${bytesOf.standard} bytes, ${rowsOfCommit} a commit, behind ${rows} old ones, ${database.title} → Kafka, mode timestamp`;
    return { what, contenders: measured, skipped: null };
  },
});

function ceilingOf({ place }: Bench, database: Database, rows: number): Contender {
  const { command, env } = database.dump(table, 'standard', rows);
  const round = async () => {
    const topics = await place.topics();
    const topic = await topics.create('ceiling', 1);
    const usage = await measurePipeline(`${command} | ${kcat(topics.brokers, topic)}`, { directory: await place.folder('ceiling'), env });
    expectRows(ceiling, await topics.count(topic), rows);
    await topics.remove(topic);
    return throughput(rows, usage);
  };
  return { name: ceiling, round };
}

/** Reads the old rows and keeps the state of then: each round begins from it. */
async function readOnce({ place }: Bench, database: Database, subject: Subject, rows: number): Promise<Contender> {
  const topics = await place.topics();
  const topic = await topics.create('liberate', 1);
  const directory = await place.folder('liberate');
  const kept = await place.folder('state');
  const sink = `kafka://${topics.brokers.join(',')}`;
  await writeJobs(directory, { source: database.url, sink, jobs: { [table]: { table, cursor: 'updated_at', topic } } });
  await measureOnce(subject, directory);
  let written = await topics.count(topic);
  expectRows(subject.name, written, rows);
  await copyState(directory, kept);
  const round = async () => {
    await copyState(kept, directory);
    const usage = await measureOnce(subject, directory);
    const before = written;
    written = await topics.count(topic);
    expectRows(subject.name, written - before, rows);
    return throughput(rows, usage);
  };
  return { name: subject.name, round };
}

/** The state database with its log, in place of the one that is there. */
async function copyState(from: string, to: string): Promise<void> {
  for (const name of await stateFiles(to)) await rm(join(to, name));
  for (const name of await stateFiles(from)) await cp(join(from, name), join(to, name));
}

const stateFiles = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith('state.db'));
