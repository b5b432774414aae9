import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseFacts, KafkaFacts } from '../servers/facts.ts';
import { startKafka } from '../servers/kafka.ts';
import { startMariadb } from '../servers/mariadb.ts';
import { startPostgres } from '../servers/postgres.ts';
import type { RunningServer } from '../servers/server.ts';
import { canMount, mountedDisk } from '../state/mounted-disk.ts';
import { createMariadb, createPostgres, openMariadb, openPostgres, type TestDatabase } from '../support/databases.ts';
import { freePort } from '../support/free-port.ts';
import { type LogLine, liberate, type RunningLiberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { type FaultyProxy, startProxy, through } from '../support/proxy.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopic, uniqueTopic, waitFor } from '../support/topics.ts';
import { checkStream, counts, type KeyedEvent } from './checker.ts';
import { contentOf, createTables, versionOf } from './items.ts';
import { seedTables, writeConcurrently } from './writers.ts';

type Kind = 'postgres' | 'mariadb';

let folder: TemporaryDirectory;
let kafka: RunningServer<KafkaFacts>;
const servers = {} as Record<Kind, RunningServer<DatabaseFacts>>;
/** In front of the broker. */
let network: FaultyProxy;

beforeAll(async () => {
  folder = await temporaryDirectory('liberate-outage-');
  const proxyPort = await freePort();
  [kafka, servers.postgres, servers.mariadb] = await Promise.all([
    startKafka(folder.path, { proxyPort }),
    startPostgres(folder.path),
    startMariadb(folder.path),
  ]);
  network = await startProxy({ port: kafka.facts.proxyTarget as number }, { port: proxyPort });
});
afterAll(async () => {
  await network?.[Symbol.asyncDispose]();
  for (const server of [kafka, ...Object.values(servers)]) await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** A job that loads and polls through an outage, in one process from its start to its end. */
class Scene implements AsyncDisposable {
  readonly kind: Kind;
  /** Read for the comparison at the end. */
  db: TestDatabase;
  readonly directory: string;
  readonly topic = uniqueTopic('outage');
  readonly #stop = new AbortController();
  #jobs = '';
  #running: RunningLiberate | null = null;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(kind: Kind, db: TestDatabase, directory: string) {
    this.kind = kind;
    this.db = db;
    this.directory = directory;
  }

  get running(): RunningLiberate {
    if (this.#running === null) throw new Error('liberate is not started');
    return this.#running;
  }

  /** `source`: how liberate reaches the database. `state`: the folder of its state. */
  async start(source: string, batch = 100, state = this.directory): Promise<void> {
    this.#jobs = writeJobs(this.directory, {
      source,
      sink: { brokers: [`127.0.0.1:${network.port}`], deadline: '2s', topicDefaults: { partitions: 1, replication: 1 } },
      state: { url: `sqlite:${join(state, 'state.db')}` },
      jobs: {
        items: {
          table: 'items',
          cursor: 'updated_at',
          columns: { exclude: ['touched_at'] },
          topic: this.topic,
          every: '50ms',
          batch,
          retries: 1,
        },
      },
    });
    this.#running = startLiberate(['run', this.#jobs, '--log-level', 'debug']);
    await this.#running.line(({ method }) => method !== undefined);
  }

  write(): void {
    this.#writing = writeConcurrently(this.db, { sessions: 3, seed: 1, holdMs: 200, signal: this.#stop.signal });
    this.#writing.catch(() => undefined);
  }

  /** The load is in its middle: much of it has passed to the broker, and no more does until `network` is told. */
  async inTheLoad(): Promise<void> {
    await network.blackholeAfter(500_000);
    expect(this.polls()).toBe(0);
  }

  polls(): number {
    return this.running.lines().filter(({ outcome }) => outcome === 'ok').length;
  }

  /** A line of the log that tells of a failure with one of these codes. */
  fault(...codes: readonly string[]): Promise<LogLine> {
    return this.running.line(({ code }) => codes.includes(String(code)));
  }

  async status(): Promise<{ readonly code: number | null; readonly health: unknown }> {
    const { code, stdout } = await liberate(['status', this.#jobs, '--json']);
    const [line] = JSON.parse(stdout) as readonly { readonly health: unknown }[];
    return { code, health: line?.health };
  }

  /** Writers end, two polls more, an orderly stop; then the topic must be the table. */
  async recovers(): Promise<Readonly<Record<string, number>>> {
    this.#stop.abort();
    await this.#writing;
    const before = this.polls();
    await waitFor(() => this.polls() >= before + 2, { timeout: 60_000, what: 'two polls more' });
    this.running.kill('SIGTERM');
    expect(await this.running.finished).toMatchObject({ code: 0 });
    const events = (await readTopic(kafka.facts.brokers, this.topic)) as readonly KeyedEvent[];
    const verdict = counts(checkStream(events, await contentOf(this.db, this.kind, 'items'), versionOf));
    console.log(expect.getState().currentTestName, JSON.stringify(verdict));
    return verdict;
  }

  /** The end of the log, for a test that failed. */
  tell(): void {
    console.log(
      this.#running
        ?.lines()
        .slice(-30)
        .map(({ time, msg }) => `${String(time)} ${msg}`)
        .join('\n'),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#writing.catch(() => undefined);
    await this.#running?.[Symbol.asyncDispose]();
  }
}

const faultless = { missing: 0, stale: 0, extra: 0, reordered: 0 };
const rows = 40_000;

async function fill(db: TestDatabase): Promise<void> {
  await createTables(db, db.kind);
  await seedTables(db);
  await db.run(
    db.kind === 'mariadb'
      ? `INSERT INTO items (version, body, updated_at) SELECT 1, MD5(seq), NOW(6) - INTERVAL 1 DAY + INTERVAL (seq DIV 10) * 1000 MICROSECOND FROM seq_1_to_${rows}`
      : `INSERT INTO items (version, body, updated_at) SELECT 1, md5(n::text), now() - interval '1 day' + (n / 10) * interval '1 ms' FROM generate_series(1, ${rows}) n; ANALYZE items`,
  );
}

describe('an outage of the broker', { timeout: 120_000 }, () => {
  let scene: Scene;
  let directory: TemporaryDirectory;
  let db: TestDatabase;
  beforeEach(async () => {
    directory = await temporaryDirectory();
    db = await createPostgres(servers.postgres.facts);
    await fill(db);
    scene = new Scene('postgres', db, directory.path);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') scene.tell();
    await scene[Symbol.asyncDispose]();
    await db[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  it('a broker that goes down in the middle of the load and comes back: nothing is lost, and status tells meanwhile', async () => {
    await scene.start(db.url);
    scene.write();
    await scene.inTheLoad();
    await kafka.stop();
    network.blackhole(false);
    await scene.fault('LIB301', 'LIB308');
    await waitFor(async () => (await scene.status()).health === 'failing', { timeout: 30_000 });
    expect(await scene.status()).toEqual({ code: 1, health: 'failing' });
    await kafka.restart();
    await waitFor(() => scene.polls() > 0, { timeout: 60_000 });
    expect(await scene.status()).toEqual({ code: 0, health: 'ok' });
    expect(await scene.recovers()).toMatchObject(faultless);
  });

  it('a broker that crashes while rows are polled', async () => {
    await scene.start(db.url, 5000);
    await waitFor(() => scene.polls() > 1, { timeout: 30_000 });
    scene.write();
    await sleep(300);
    await kafka.kill();
    await scene.fault('LIB301', 'LIB308');
    await kafka.restart();
    expect(await scene.recovers()).toMatchObject(faultless);
  });

  it('connections that are cut again and again, in the load and after it', async () => {
    await scene.start(db.url);
    scene.write();
    for (let cut = 0; cut < 10; cut += 1) await network.cutAfter(200_000);
    expect(scene.polls()).toBe(0);
    await scene.fault('LIB301');
    expect(await scene.recovers()).toMatchObject(faultless);
  });

  it('a network that swallows everything for some seconds', async () => {
    await scene.start(db.url);
    scene.write();
    await scene.inTheLoad();
    await scene.fault('LIB308');
    network.blackhole(false);
    await waitFor(() => scene.polls() > 0, { timeout: 60_000 });
    network.blackhole(true);
    await waitFor(() => scene.running.lines().filter(({ code }) => code === 'LIB308').length > 1, { timeout: 30_000 });
    network.blackhole(false);
    expect(await scene.recovers()).toMatchObject(faultless);
  });

  it('a state file that another process locks for longer than liberate waits', async () => {
    await scene.start(db.url);
    scene.write();
    await scene.inTheLoad();
    const other = new Database(join(directory.path, 'state.db'));
    other.exec('BEGIN EXCLUSIVE');
    network.blackhole(false);
    await scene.fault('LIB408');
    other.exec('COMMIT');
    other.close();
    expect(await scene.recovers()).toMatchObject(faultless);
  });

  it.skipIf(!canMount)('a state on a disk that is full for a while', async () => {
    await using disk = await mountedDisk('size=16m');
    await scene.start(db.url, 5000, disk.path);
    await waitFor(() => scene.polls() > 0, { timeout: 30_000 });
    const ballast = join(disk.path, 'ballast');
    fillUp(ballast);
    scene.write();
    const { msg } = await scene.fault('LIB405');
    expect(msg).toContain('items');
    rmSync(ballast);
    expect(await scene.recovers()).toMatchObject(faultless);
  });
});

/** Until its disk has no room for another byte. */
function fillUp(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const size of [65_536, 4096, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
      }
    }
  } finally {
    closeSync(file);
  }
}

describe.each<Kind>(['postgres', 'mariadb'])('an outage of the source %s', { timeout: 120_000 }, (kind) => {
  let scene: Scene;
  let directory: TemporaryDirectory;
  let db: TestDatabase;
  let way: FaultyProxy;
  beforeEach(async () => {
    directory = await temporaryDirectory();
    const { facts } = servers[kind];
    db = await (kind === 'postgres' ? createPostgres : createMariadb)(facts);
    await fill(db);
    way = await startProxy({ port: Number(new URL(facts.url).port) });
    scene = new Scene(kind, db, directory.path);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') scene.tell();
    await scene[Symbol.asyncDispose]();
    await way[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  it('a server that crashes in the middle of a result and comes back', async () => {
    await scene.start(db.url, 20_000);
    await scene.inTheLoad();
    await servers[kind].kill();
    network.blackhole(false);
    await scene.fault('LIB201', 'LIB210');
    await waitFor(async () => (await scene.status()).health === 'failing', { timeout: 30_000 });
    await servers[kind].restart();
    await waitFor(() => scene.polls() > 0, { timeout: 60_000 });
    // The test's own session ended with the server.
    await using again = await (kind === 'postgres' ? openPostgres : openMariadb)(db.url);
    await again.run(`UPDATE items SET version = version + 1, updated_at = ${kind === 'mariadb' ? 'NOW(6)' : 'now()'} WHERE id <= 20`);
    scene.db = { ...db, run: again.run, rows: again.rows };
    expect(await scene.recovers()).toMatchObject(faultless);
  });

  it('connections that are cut in the middle of results, and a network that swallows everything', async () => {
    await scene.start(through(db.url, way), 20_000);
    scene.write();
    for (let cut = 0; cut < 6; cut += 1) await way.cutAfter(300_000);
    expect(scene.polls()).toBe(0);
    await scene.fault('LIB210', 'LIB201');
    await waitFor(() => scene.polls() > 0, { timeout: 60_000 });
    const before = scene.polls();
    way.blackhole(true);
    await sleep(2000);
    way.cut();
    way.blackhole(false);
    await waitFor(() => scene.polls() > before + 2, { timeout: 60_000 });
    expect(await scene.recovers()).toMatchObject(faultless);
  });
});
