import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobState } from '../../src/model/state.ts';
import { openState } from '../../src/state/registry.ts';
import type { TestDatabase } from '../support/databases.ts';
import { type RunningLiberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopic, uniqueTopic, waitFor } from '../support/topics.ts';
import { checkStream, type KeyedEvent, type Verdict } from './checker.ts';
import { brokenClaims } from './claim.ts';
import { contentOf, createTables, versionOf } from './items.ts';
import { type Random, seededRandom } from './random.ts';
import { seedTables, writeConcurrently } from './writers.ts';

export interface KillPlan {
  readonly db: TestDatabase;
  readonly brokers: readonly string[];
  readonly kills: number;
  readonly seed: number;
  /** Rows that are there before the first start. */
  readonly rows: number;
  /** Told after each kill. */
  readonly onKill?: (kill: Kill) => void;
}

export type Phase = 'load' | 'poll' | 'backfill';

/** One life of the process, and what it left behind in one sink. */
export interface Kill {
  readonly number: number;
  readonly sink: SinkName;
  /** Milliseconds from the start to the kill. */
  readonly lived: number;
  /** What it was killed in: the initial load, polling, or a backfill. */
  readonly phase: Phase;
  readonly events: number;
  /** Events that it published though an earlier life had; of a backfill that is what it is for. */
  readonly repeats: number;
  /** Events that it published. */
  readonly published: number;
  readonly broken: readonly string[];
}

export type SinkName = 'kafka' | 'ndjson';
const sinks: readonly SinkName[] = ['kafka', 'ndjson'];

export interface KillResult {
  readonly kills: readonly Kill[];
  readonly verdicts: Readonly<Record<SinkName, Verdict>>;
}

/**
 * Kills a running liberate, which loads and polls one table into Kafka and into NDJSON, at random moments
 * while sessions write, and starts it again: a quarter of the kills in the load, the rest while it polls, every third of them
 * in a backfill that is gone on with; at the end it is left alone until it has caught up.
 */
export async function killRepeatedly(plan: KillPlan): Promise<KillResult> {
  const { db, kills: wanted } = plan;
  const random = seededRandom(plan.seed);
  await createTables(db, 'postgres');
  await seedTables(db);
  // Stamps of the past, ten rows each.
  await db.run(`INSERT INTO items (version, body, updated_at)
    SELECT 1, md5(n::text), now() - interval '1 day' + (n / 10) * interval '1 ms' FROM generate_series(1, ${plan.rows}) n; ANALYZE items`);
  await using directory = await temporaryDirectory('liberate-kill-');
  const topic = uniqueTopic('killed');
  const jobs = writeKillJobs(directory.path, plan, topic);
  const file = join(directory.path, 'out', `${topic}.ndjson`);
  const streams: Readonly<Record<SinkName, Stream>> = {
    kafka: new Stream((from) => readFrom(plan.brokers, topic, from)),
    ndjson: new Stream(readLines(file)),
  };

  const stop = new AbortController();
  const writing = writeConcurrently(db, { sessions: 4, seed: plan.seed, holdMs: 300, signal: stop.signal });
  writing.catch(() => undefined);
  const told: Kill[] = [];
  const loads = Math.floor(wanted / 4);
  try {
    for (let number = 1; number <= wanted; number += 1) {
      const inLoad = number <= loads;
      if (number === loads + 1) await catchUp(jobs);
      if (!inLoad && random.chance(0.5)) await burst(db, random);
      const backfills = !inLoad && number % 3 === 0;
      // All the kills of the load together come to about the table.
      const most = inLoad ? (2 * plan.rows * bytesOfEvent) / Math.max(1, loads) : mostBytes;
      const lived = await liveAndDie(backfills ? backfillOf(jobs, random) : ['run', jobs], { file, random, most });
      const states = await savedStates(directory.path);
      for (const sink of sinks) {
        const { published, repeats } = await streams[sink].readOn();
        const { events } = streams[sink];
        const state = states.get(sink) ?? null;
        const broken = await brokenClaims(db, state, events);
        const phase = backfills ? 'backfill' : state?.loaded ? 'poll' : 'load';
        const kill: Kill = { number, sink, lived, phase, events: events.length, published, repeats, broken };
        told.push(kill);
        plan.onKill?.(kill);
      }
    }
  } finally {
    stop.abort();
  }
  await writing;
  await catchUp(jobs);
  const table = await contentOf(db, 'postgres', 'items');
  for (const sink of sinks) await streams[sink].readOn();
  const verdict = (sink: SinkName): Verdict => checkStream(streams[sink].events, table, versionOf);
  return { kills: told, verdicts: { kafka: verdict('kafka'), ndjson: verdict('ndjson') } };
}

function writeKillJobs(directory: string, { db, brokers }: KillPlan, topic: string): string {
  // Small pages make the load last long enough to be killed in its middle.
  const job = { table: 'items', cursor: 'updated_at', columns: { exclude: ['touched_at'] }, topic, every: '50ms', batch: 20 };
  return writeJobs(directory, {
    source: db.url,
    sinks: { kafka: { brokers, topicDefaults: { partitions: 1, replication: 1 } }, ndjson: `ndjson:${join(directory, 'out')}` },
    state: { url: `sqlite:${join(directory, 'state.db')}`, lease: '1s' },
    jobs: { kafka: { ...job, sink: 'kafka' }, ndjson: { ...job, sink: 'ndjson' } },
  });
}

/** Many rows that share one stamp, in one transaction. */
async function burst(db: TestDatabase, random: Random): Promise<void> {
  const rows = 1 + random.below(3000);
  await db.run(`INSERT INTO items (version, body) SELECT 1, 'burst ' || n FROM generate_series(1, ${rows}) n`);
}

const backfillOf = (jobs: string, random: Random): readonly string[] => [
  'backfill',
  jobs,
  '--job',
  random.pick(sinks),
  '--resume',
  '--wait',
];

interface Death {
  /** The stream whose growth says that the process is at work. */
  readonly file: string;
  readonly random: Random;
  /** Bytes by which it may grow before the kill. */
  readonly most: number;
}

/** About the size of an event in the file, and of what a burst leaves there. */
const bytesOfEvent = 150;
const mostBytes = 300_000;
/** Milliseconds after which it is killed also where it had nothing to publish. */
const patience = 3000;

/**
 * Killed at any time from its start-up on: most of the time while it reads and publishes, which the stream's growth tells on a
 * slow machine as on a fast one.
 */
async function liveAndDie(args: readonly string[], { file, random, most }: Death): Promise<number> {
  const begin = Date.now();
  const before = await sizeOf(file);
  const running = startLiberate([...args, '--log-level', 'debug']);
  if (random.chance(0.1)) await sleep(random.below(500));
  else await grown(running, { file, before, bytes: random.below(most) });
  await sleep(random.below(20));
  running.kill('SIGKILL');
  const lived = Date.now() - begin;
  await running.finished;
  return lived;
}

interface Growth {
  readonly file: string;
  readonly before: number;
  readonly bytes: number;
}

/** Resolves when the process has published so much, has nothing to publish, or has ended by itself. */
async function grown(running: RunningLiberate, { file, before, bytes }: Growth): Promise<void> {
  const over = running.finished.then(() => true);
  const began = await Promise.race([running.line(({ job }) => job !== undefined).catch(() => null), over]);
  for (const deadline = Date.now() + patience; began !== true && Date.now() < deadline; ) {
    if ((await sizeOf(file)) - before >= bytes) return;
    if (await Promise.race([over, sleep(5).then(() => false)])) return;
  }
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );

async function savedStates(directory: string): Promise<ReadonlyMap<string, JobState | null>> {
  const path = join(directory, 'state.db');
  if (!existsSync(path)) return new Map();
  await using store = await openState({ kind: 'sqlite', url: path, user: null, password: null, tls: null });
  await store.open(new AbortController().signal);
  return new Map((await store.list()).map(({ job, state }) => [job, state]));
}

/** Until two polls of each job in a row have been brought to their end. */
async function catchUp(jobs: string): Promise<void> {
  await using running = startLiberate(['run', jobs, '--log-level', 'debug']);
  const polls = (job: SinkName): number => running.lines().filter((line) => line.outcome === 'ok' && line.job === job).length;
  await waitFor(() => sinks.every((sink) => polls(sink) >= 2), { timeout: 300_000, what: 'two polls of both jobs' });
  running.kill('SIGTERM');
  const { code, stderr } = await running.finished;
  if (code !== 0) throw new Error(`liberate ended with ${code}:\n${stderr}`);
}

async function readFrom(brokers: readonly string[], topic: string, from: number): Promise<readonly KeyedEvent[]> {
  try {
    return (await readTopic(brokers, topic, { from })) as readonly KeyedEvent[];
  } catch (error) {
    // Killed before it had made the topic.
    if (from === 0 && (error as { readonly type?: unknown }).type === 'UNKNOWN_TOPIC_OR_PARTITION') return [];
    throw error;
  }
}

/**
 * Reads on where it stopped; key and value as they stand in the lines. A last line without its end is still
 * being written, or will be removed by the next start.
 */
function readLines(path: string): () => Promise<readonly KeyedEvent[]> {
  let offset = 0;
  return async () => {
    if (!existsSync(path)) return [];
    await using file = await open(path);
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
    const whole = buffer.subarray(0, buffer.lastIndexOf('\n') + 1);
    offset += whole.length;
    return whole.toString('utf8').split('\n').slice(0, -1).map(eventIn);
  };
}

function eventIn(line: string): KeyedEvent {
  const value = line.indexOf(',"value":');
  return { key: line.slice('{"key":'.length, value), value: line.slice(value + ',"value":'.length, line.lastIndexOf(',"timestamp":')) };
}

/** What one sink has been given so far, in order. It only grows. */
class Stream {
  readonly events: KeyedEvent[] = [];
  readonly #read: (from: number) => Promise<readonly KeyedEvent[]>;
  readonly #seen = new Set<string>();

  /** `read`: the events from the one with this number on. */
  constructor(read: (from: number) => Promise<readonly KeyedEvent[]>) {
    this.#read = read;
  }

  /** How many events came since the last look, and how many of them had been there before. */
  async readOn(): Promise<{ readonly published: number; readonly repeats: number }> {
    const added = await this.#read(this.events.length);
    const repeats = added.filter(({ value }) => value !== null && this.#seen.has(value)).length;
    for (const event of added) {
      this.events.push(event);
      if (event.value !== null) this.#seen.add(event.value);
    }
    return { published: added.length, repeats };
  }
}
