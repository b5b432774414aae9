import { createReadStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bench, type Case, expectRows, rowsOf } from '../case.ts';
import { type Contender, inTurn } from '../contender.ts';
import { type Database, type Kind, load } from '../databases/database.ts';
import { bytesOf, type Shape } from '../databases/shape.ts';
import { measurePipeline, throughput, type Usage } from '../measure.ts';
import { type Peer, peers } from '../peers/peer.ts';
import { ceiling } from '../result.ts';
import { knowsJobKey, measureOnce, type Subject, writeJobs } from '../subject.ts';

export interface Bulk {
  readonly name: string;
  readonly kind: Kind;
  readonly sink: 'kafka' | 'ndjson';
  readonly shape: Shape;
  readonly partitions: number;
  readonly mode: 'bulk' | 'timestamp';
  /** Of key and value; it goes with a schema registry. Left out: JSON. */
  readonly format?: 'avro';
  /** Rows of a look, and of a baseline. */
  readonly rows: readonly [number, number];
}

/** A whole table from start to exit, beside the database's own client piped into kcat, or into a file. */
export const bulkCase = (bulk: Bulk): Case => ({
  name: bulk.name,
  measure: async (bench) => {
    const rows = rowsOf(bench.settings, ...bulk.rows);
    const subjects = await ableTo(bulk, bench.subjects);
    const database = await bench.place.database(bulk.kind);
    bench.note(`${rows} ${bulk.shape} rows into ${database.title}`);
    await load(database, table, bulk.shape, rows);
    const task = { bulk, rows, database, bench };
    const beside = bench.settings.peers && bulk.sink === 'kafka' ? peers.filter(({ kinds }) => kinds.includes(bulk.kind)) : [];
    const contenders = [
      ceilingOf(task),
      ...subjects.map((subject) => subjectOf(task, subject)),
      ...beside.map((peer) => peerOf(task, peer)),
    ];
    const measured = await inTurn(contenders, bench.settings.rounds, bench.note);
    await database.run(`DROP TABLE ${table}`);
    return { what: describe(bulk, rows, database.title), contenders: measured, skipped: null };
  },
});

const table = 'rows_of_bulk';

/** Versions that know the format. */
async function ableTo({ format }: Bulk, subjects: readonly Subject[]): Promise<readonly Subject[]> {
  if (format === undefined) return subjects;
  const able = await Promise.all(subjects.map((subject) => knowsJobKey(subject, 'format')));
  return subjects.filter((_, at) => able[at]);
}

interface Task {
  readonly bulk: Bulk;
  readonly rows: number;
  readonly database: Database;
  readonly bench: Bench;
}

function describe({ shape, sink, partitions, mode, format }: Bulk, rows: number, title: string): string {
  const way = mode === 'bulk' ? 'mode bulk' : `first load of mode ${mode}`;
  const target = sink === 'ndjson' ? 'NDJSON' : `Kafka, ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`;
  return `${rows} rows of ${bytesOf[shape]} bytes, ${title} → ${target}, ${way}${format === undefined ? '' : `, ${format}`}`;
}

function ceilingOf({ bulk, rows, database, bench }: Task): Contender {
  const { command, env } = database.dump(table, bulk.shape, 0);
  const round = async (): Promise<Usage> => {
    const directory = await bench.place.folder('ceiling');
    if (bulk.sink === 'ndjson') {
      const usage = await measurePipeline(`${command} > rows`, { directory, env });
      return checked(ceiling, usage, rows, () => linesOf(join(directory, 'rows')), directory);
    }
    const topics = await bench.place.topics();
    const topic = await topics.create('ceiling', bulk.partitions);
    const usage = await measurePipeline(`${command} | ${kcat(topics.brokers, topic)}`, { directory, env });
    const counted = await checked(ceiling, usage, rows, () => topics.count(topic), directory);
    await topics.remove(topic);
    return counted;
  };
  return { name: ceiling, round: async () => throughput(rows, await round()) };
}

/** acks=all, as liberate's default. */
export const kcat = (brokers: readonly string[], topic: string): string =>
  `kcat -P -b ${brokers.join(',')} -t ${topic} -K '\\t' -X acks=all`;

function subjectOf({ bulk, rows, database, bench }: Task, subject: Subject): Contender {
  const round = async (): Promise<Usage> => {
    const directory = await bench.place.folder('liberate');
    const format = bulk.format === undefined ? {} : { format: bulk.format };
    const job = { table, mode: bulk.mode, ...(bulk.mode === 'timestamp' ? { cursor: 'updated_at' } : {}), ...format };
    if (bulk.sink === 'ndjson') {
      await writeJobs(directory, { source: database.url, sink: 'ndjson:out', jobs: { [table]: job } });
      const usage = await measureOnce(subject, directory);
      return checked(subject.name, usage, rows, () => linesBelow(join(directory, 'out')), directory);
    }
    const topics = await bench.place.topics();
    const topic = await topics.create('liberate', bulk.partitions);
    const kafka = `kafka://${topics.brokers.join(',')}`;
    const sink = bulk.format === undefined ? kafka : { brokers: topics.brokers, registry: await bench.place.registry() };
    await writeJobs(directory, { source: database.url, sink, jobs: { [table]: { ...job, topic } } });
    const usage = await measureOnce(subject, directory);
    const counted = await checked(subject.name, usage, rows, () => topics.count(topic), directory);
    await topics.remove(topic);
    return counted;
  };
  return { name: subject.name, round: async () => throughput(rows, await round()) };
}

function peerOf({ bulk, rows, database, bench }: Task, peer: Peer): Contender {
  const round = async (): Promise<Usage> => {
    const directory = await bench.place.folder('peer');
    const topics = await bench.place.topics();
    const topic = await topics.create('peer', bulk.partitions);
    const count = (): Promise<number> => topics.count(topic);
    const usage = await peer.round({ url: database.url, table, rows, brokers: topics.brokers, topic, directory, count });
    const counted = await checked(peer.name, usage, rows, count, directory);
    await topics.remove(topic);
    return counted;
  };
  return { name: peer.name, round: async () => throughput(rows, await round()) };
}

async function checked(who: string, usage: Usage, rows: number, count: () => Promise<number>, directory: string): Promise<Usage> {
  expectRows(who, await count(), rows);
  await rm(directory, { recursive: true });
  return usage;
}

async function linesBelow(folder: string): Promise<number> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'));
  const counts = await Promise.all(files.map((name) => linesOf(join(folder, name))));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function linesOf(file: string): Promise<number> {
  let lines = 0;
  for await (const chunk of createReadStream(file)) {
    for (const byte of chunk as Buffer) if (byte === 10) lines += 1;
  }
  return lines;
}
