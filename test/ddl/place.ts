import { EventEmitter } from 'node:events';
import type { Engine } from '../../src/engine/engine.ts';
import { runJobs } from '../../src/engine/run.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Limiter } from '../../src/kit/limiter.ts';
import type { Job } from '../../src/model/job.ts';
import type { CycleReport } from '../../src/model/report.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { openMemory } from '../../src/sink/memory/memory.ts';
import { openSource } from '../../src/source/registry.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import { sourceConfig } from '../contract/source.ts';
import { job } from '../engine/job.ts';
import { noReader } from '../engine/no-reader.ts';
import { configOf } from '../registry/fake.ts';
import type { TestDatabase, TextRow } from '../support/database.ts';
import { uniqueName } from '../support/database.ts';
import type { Change, Promised, Written } from './change-case.ts';
import { type ReadValue, type Row, registeredValues } from './registered-values.ts';

const runId = uniqueName('ddl');

const tableOf: Readonly<Record<TestDatabase['kind'], string>> = {
  postgres: 'id bigint PRIMARY KEY, updated_at timestamptz NOT NULL, paid integer NOT NULL, note text, code varchar(10) NOT NULL',
  mariadb: 'id bigint PRIMARY KEY, updated_at datetime(6) NOT NULL, paid int NOT NULL, note text, code varchar(10) NOT NULL',
  sqlite: 'id INTEGER PRIMARY KEY, updated_at TIMESTAMP NOT NULL, paid INTEGER NOT NULL, note TEXT, code VARCHAR(10) NOT NULL',
};

const nowOf: Readonly<Record<TestDatabase['kind'], string>> = {
  postgres: 'clock_timestamp()',
  mariadb: 'now(6)',
  sqlite: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
};

/** A row as text, by its columns. */
export type Folded = ReadonlyMap<string, Readonly<Record<string, string | null>>>;

/** A job of each promise, each beside a table of its own, that all run until the place is disposed. */
export interface DdlPlace extends AsyncDisposable {
  /** SQL on the table of each job that it is for. */
  run(sql: string, only?: (promised: Promised) => boolean): Promise<void>;
  /** Resolves once the test holds; looked at after each event. */
  until(test: () => boolean): Promise<void>;
  /** How the job's cycles ended, without those that found nothing. */
  reports(promised: Promised): readonly CycleReport[];
  topic(promised: Promised, version?: number): string;
  /** Records of a topic. */
  count(topic: string): number;
  /** What the topic folds to, by `id`, without the stamp. */
  fold(topic: string): Folded;
  /** The job's relation, the same way. */
  rows(promised: Promised): Promise<Folded>;
  /** Versions of the topic's schema that were kept. */
  versions(topic: string): Promise<number>;
}

const never = new AbortController().signal;

export interface DdlJobs<P extends Promised = Promised> {
  /** Of its tables. */
  readonly name: string;
  readonly promises: readonly P[];
  readonly written: Written;
  /** Its URL; null: there is none, and they write JSON. */
  readonly registry: string | null;
}

export async function openDdl(
  db: TestDatabase,
  change: Pick<Change, 'view' | 'query'>,
  { name: own, promises, written, registry }: DdlJobs,
): Promise<DdlPlace> {
  const session = await db.connect();
  const stamp = nowOf[db.kind];
  const name = (promised: Promised): string => `${own}_${written}_${promised}`.toLowerCase().replaceAll('-', '_');
  // A registry is shared by all tests.
  const topicOf = (promised: Promised): string => (registry === null ? name(promised) : `${runId}_${db.kind}_${name(promised)}`);
  const of = (promised: Promised, sql: string): string => sql.replaceAll(/\bt(?=\b|_away|_new|_view|_pkey)/g, name(promised));
  const run = async (sql: string, only: (promised: Promised) => boolean = () => true): Promise<void> => {
    if (sql !== '') for (const promised of promises) if (only(promised)) await session.run(of(promised, sql));
  };
  await run(
    `CREATE TABLE t (${tableOf[db.kind]});
     INSERT INTO t VALUES (1, ${stamp}, 10, 'one', 'a'), (2, ${stamp}, 20, 'two', 'b'), (3, ${stamp}, 30, 'three', 'c')`,
  );
  if (change.view !== undefined) await run(change.view);
  const relation = change.view === undefined ? 't' : 't_view';

  const events: LiberateEvent[] = [];
  const told = new EventEmitter().setMaxListeners(0);
  const source = await openSource(sourceConfig(db.kind === 'mariadb' ? 'mysql' : db.kind, db.url, { pool: 5 }));
  const sink = openMemory();
  const store = openMemoryState();
  await store.open(never);
  const limiter = new Limiter(5);
  const client = registry === null ? null : openRegistry(configOf(registry, { deadline: 60_000 }));
  const engine: Engine = {
    store,
    observer: (event) => {
      events.push(event);
      told.emit('event');
    },
    clock: systemClock,
    random: () => 0.5,
    holder: 'test',
    leaseTtlMs: 60_000,
    source: () => ({ source, limiter, timezone: null }),
    sink: () => sink,
    readBack: noReader,
    registry: () => client,
  };
  const jobOf = (promised: Promised): Job =>
    job({
      name: promised,
      topic: topicOf(promised),
      format: written,
      what:
        change.query === undefined
          ? { kind: 'tables', include: [of(promised, relation)], exclude: [] }
          : { kind: 'query', text: of(promised, change.query), file: null },
      key: change.query === undefined && change.view === undefined ? null : ['id'],
      compatibility: promised === 'newTopic' ? 'forward' : promised,
      onSchemaChange: promised === 'newTopic' ? 'newTopic' : 'stop',
      cadence: { kind: 'every', ms: 50 },
      retries: 0,
    });
  const fetched = (): void => void told.emit('event');
  const decoded: ReadValue = registry === null ? (value) => JSON.parse(String(value)) as Row : registeredValues(registry, fetched);
  const stop = new AbortController();
  const running = runJobs(engine, promises.map(jobOf), { once: false, waitForLease: true }, stop.signal);
  const recordsOf = (topic: string) => sink.records(topic);
  return {
    run,
    until: (test) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!test()) return;
          told.off('event', look);
          resolve();
        };
        told.on('event', look);
        look();
      }),
    reports: (promised) =>
      events.flatMap((event) =>
        event.type === 'cycle.end' && event.report.job === promised && isTold(event.report) ? [event.report] : [],
      ),
    topic: (promised, version = 1) => `${topicOf(promised)}${version === 1 ? '' : `.v${version}`}`,
    count: (topic) => recordsOf(topic).length,
    fold: (topic) => {
      const folded = new Map<string, Readonly<Record<string, string | null>>>();
      for (const { value } of recordsOf(topic)) {
        const { updated_at: _, ...row } = decoded(value) ?? {};
        folded.set(String(row['id']), textsOf(row));
      }
      return folded;
    },
    rows: async (promised) => {
      const from = change.query === undefined ? of(promised, relation) : `(${of(promised, change.query)}) q`;
      const { columns } = await source.describe(
        change.query === undefined
          ? { kind: 'table', table: { schema: null, name: of(promised, relation) } }
          : { kind: 'query', text: of(promised, change.query) },
        never,
      );
      const names = columns.map((column) => column.name).filter((one) => one !== 'updated_at');
      const found: readonly TextRow[] = await session.rows(`SELECT ${names.join(', ')} FROM ${from} ORDER BY id`);
      return new Map(
        found.map((row) => [String(row[names.indexOf('id')]), Object.fromEntries(names.map((one, at) => [one, row[at] ?? null]))]),
      );
    },
    versions: async (topic) => (await sink.schemas?.history(topic, never))?.length ?? 0,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await source[Symbol.asyncDispose]();
      await session[Symbol.asyncDispose]();
    },
  };
}

/** A row more, and all of them once more. */
export const writeSql = (kind: TestDatabase['kind']): string =>
  `INSERT INTO t (id, updated_at, paid, note, code) VALUES (7, ${nowOf[kind]}, '70', 'seven', 'g'); ${againSql(kind)}`;

/** All rows once more. */
export const againSql = (kind: TestDatabase['kind']): string => `UPDATE t SET updated_at = ${nowOf[kind]}`;

/** A row more, of the columns that stay. */
export const oneMoreSql = (kind: TestDatabase['kind'], id: number): string =>
  `INSERT INTO t (id, updated_at, paid, code) VALUES (${id}, ${nowOf[kind]}, 70, 'g')`;

const isTold = ({ outcome, published }: CycleReport): boolean => outcome !== 'ok' || published > 0;

const textsOf = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, string | null>> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)]));
