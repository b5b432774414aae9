import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Case } from '../case.ts';
import { type Database, type Kind, load } from '../databases/database.ts';
import type { Figures } from '../result.ts';
import { quantile, seededRandom } from '../statistics.ts';
import { knowsJobKey, type Subject, start, writeJobs } from '../subject.ts';
import { quietKafka } from '../topics.ts';

const table = 'rows_of_latency';
const rowsBefore = 1000;
const commits = 200;

/** From a commit's answer to the record's arrival at a consumer; `wake`: the database tells of commits, beside the polls. */
export const latencyCase = (kind: Kind, wake: 'wake' | null): Case => ({
  name: wake === null ? `${kind}-latency` : `${kind}-latency-${wake}`,
  measure: async (bench) => {
    const seconds = bench.settings.seconds ?? 60;
    const what = `${commits} commits at random moments of ${seconds} s, polled each second`;
    if (wake !== null) {
      const known = await Promise.all(bench.subjects.map((subject) => knowsJobKey(subject, wake)));
      if (known.includes(false)) return { what, contenders: [], skipped: `the jobs file has no key ${wake} in this version` };
    }
    const database = await bench.place.database(kind);
    const contenders = [];
    for (const subject of bench.subjects) {
      bench.note(`${subject.name}: ${seconds} s of commits`);
      contenders.push({
        name: subject.name,
        rounds: [await watch(bench, database, subject, wake, seconds)],
      });
    }
    await database.run(`DROP TABLE ${table}`);
    return { what: `${what}, ${database.title} → Kafka`, contenders, skipped: null };
  },
});

/** What the owner of the table runs once, as `liberate plan` prints it. */
const hints = `
  CREATE OR REPLACE FUNCTION liberate_wake() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify(TG_ARGV[0], ''); RETURN NULL; END $$;
  CREATE TRIGGER liberate_wake AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION liberate_wake('${table}');`;

async function watch({ place }: Bench, database: Database, subject: Subject, wake: 'wake' | null, seconds: number): Promise<Figures> {
  await load(database, table, 'standard', rowsBefore);
  if (wake !== null) await database.run(hints);
  const topics = await place.topics();
  const topic = await topics.create('latency', 1);
  const directory = await place.folder('liberate');
  const sink = `kafka://${topics.brokers.join(',')}`;
  const job = { table, cursor: 'updated_at', every: '1s', topic, ...(wake === null ? {} : { [wake]: table }) };
  await writeJobs(directory, { source: database.url, sink, jobs: { [table]: job } });
  await using arrivals = await consume(topics.brokers, topic);
  await using running = await start(subject, directory);
  await running.loaded(1);
  // A consumer that has the old rows is at work.
  await arrivals.reached(rowsBefore);
  const committed = await commitAtRandom(database, seconds);
  await arrivals.reached(rowsBefore + commits);
  const waits = [...committed].map(([id, at]) => (arrivals.of(id) ?? Number.NaN) - at);
  if (waits.some(Number.isNaN)) throw new Error(`${subject.name} did not publish every commit`);
  await topics.remove(topic);
  return { 'p50 ms': quantile(waits, 0.5), 'p99 ms': quantile(waits, 0.99), 'max ms': quantile(waits, 1) };
}

/** The moment of each commit's answer, by the row's id. */
async function commitAtRandom(database: Database, seconds: number): Promise<ReadonlyMap<number, number>> {
  const random = seededRandom(1);
  const moments = Array.from({ length: commits }, () => random() * seconds * 1000).sort((a, b) => a - b);
  const begin = performance.now();
  const committed = new Map<number, number>();
  for (const [index, moment] of moments.entries()) {
    await sleep(Math.max(0, begin + moment - performance.now()));
    const id = rowsBefore + 1 + index;
    await database.insert({ table, shape: 'standard', from: id, to: id, stamp: 'now' });
    committed.set(id, performance.now());
  }
  return committed;
}

interface Arrivals extends AsyncDisposable {
  /** When the row was first seen. */
  of(id: number): number | undefined;
  /** Resolves when rows of that many ids have come. */
  reached(rows: number): Promise<void>;
}

/** Longest that rows may keep the consumer waiting, in milliseconds. */
const patience = 60_000;

async function consume(brokers: readonly string[], topic: string): Promise<Arrivals> {
  const consumer = quietKafka(brokers).consumer({ groupId: topic, maxWaitTimeInMs: 500 });
  const seen = new Map<number, number>();
  let waiting = (): void => {};
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const now = performance.now();
      for (const { key } of batch.messages) {
        const { id } = JSON.parse(String(key)) as { id: number };
        if (!seen.has(id)) seen.set(id, now);
      }
      waiting();
    },
  });
  return {
    of: (id) => seen.get(id),
    reached: (rows) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${seen.size} rows of ${rows} came within ${patience} ms`)), patience);
        waiting = () => {
          if (seen.size < rows) return;
          clearTimeout(timer);
          resolve();
        };
        waiting();
      }),
    [Symbol.asyncDispose]: () => consumer.disconnect(),
  };
}
