import { expect } from 'vitest';
import { parseObject } from '../../src/config/parse.ts';
import { resolveTarget, targetsOf } from '../../src/engine/resolve.ts';
import { Disposables } from '../../src/kit/disposables.ts';
import type { Job } from '../../src/model/job.ts';
import { openSource } from '../../src/source/registry.ts';
import type { DatabaseKind, OwnSession, TestDatabase } from '../support/databases.ts';
import { checkStream } from './checker.ts';
import { brokenClaims } from './claim.ts';
import { contentOf, createTables, type Published, type Table, versionOf } from './items.ts';
import type { SeededFault } from './model-faults.ts';
import { type ModelJob, ModelPoller } from './model-poller.ts';
import { ModelSessions } from './model-sessions.ts';
import { calm, isPoll, type Poll, reconcile, type Step, sessions } from './model-steps.ts';

export interface Way {
  readonly how: string;
  readonly table: Table;
  readonly published: Published;
  /** Name of the cursor column. */
  readonly cursor: 'updated_at' | 'touched_at' | 'id';
  readonly job: object;
  readonly reconciles?: boolean;
}

const columns = { exclude: ['touched_at'] };
export const ways: readonly Way[] = [
  { how: 'timestamp', table: 'items', published: 'whole', cursor: 'updated_at', job: { columns } },
  {
    how: 'timestamp+incrementing',
    table: 'items',
    published: 'whole',
    cursor: 'updated_at',
    job: { mode: 'timestamp+incrementing', increment: 'id', columns },
  },
  { how: 'whole seconds', table: 'items', published: 'whole', cursor: 'touched_at', job: { columns } },
  // A row can come back to what it was.
  { how: 'body alone', table: 'items', published: 'body', cursor: 'updated_at', job: { columns: { include: ['id', 'body'] } } },
  { how: 'incrementing', table: 'entries', published: 'whole', cursor: 'id', job: {} },
];

/** Jobs that tell deletes and changed keys too, so there are some. */
export const reconciling: readonly Way[] = ways
  .filter(({ how }) => how !== 'whole seconds' && how !== 'timestamp+incrementing')
  .map((way) => ({ ...way, how: `${way.how}, reconciled`, reconciles: true, job: { ...way.job, reconcile: '1ms' } }));

/**
 * Milliseconds of each source's margin that a model can do without: stamps in whole seconds, and MariaDB's start of a
 * transaction, are rounded.
 */
const spare: Readonly<Record<DatabaseKind, (way: Way) => number>> = {
  postgres: ({ cursor }) => (cursor === 'touched_at' ? 500 : 1000),
  mariadb: ({ cursor }) => (cursor === 'touched_at' ? 900 : 1900),
  sqlite: ({ cursor }) => (cursor === 'touched_at' ? 3900 : 4900),
};

const never = new AbortController().signal;

async function openJob(db: TestDatabase, way: Way): Promise<ModelJob> {
  const job = { table: way.table, cursor: way.cursor, topic: 'model', every: '1s', retries: 0, ...way.job };
  const loaded = parseObject({ source: db.url, sink: 'ndjson:unused', jobs: { model: job } }, '/', {}, () => '');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const [config] = Object.values(loaded.config.sources);
  const [only] = loaded.config.jobs as readonly [Job];
  const source = await openSource(config as NonNullable<typeof config>);
  const facts = await source.check(never);
  const [target] = await targetsOf(only, source, facts, never);
  const plan = await resolveTarget(only, target as NonNullable<typeof target>, source, facts, null, never);
  return { source, plan, margin: BigInt(spare[db.kind](way)) * 1000n };
}

export interface Play {
  readonly way: Way;
  /** Rows of a page. */
  readonly batch: number;
  readonly steps: readonly Step[];
  /** What the engine is made to do wrong. */
  readonly fault?: SeededFault;
}

export interface Model extends AsyncDisposable {
  /** Plays a history on empty tables, then holds all of it against what is promised. The error tells what happened. */
  play(play: Play): Promise<void>;
}

export async function openModel(db: TestDatabase): Promise<Model> {
  const { kind } = db;
  const stack = new Disposables();
  if (kind === 'sqlite') await db.run('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
  await createTables(db, kind);
  const own: OwnSession[] = [];
  for (let number = 0; number < sessions; number += 1) own.push(stack.use(await db.connect()));
  const jobs = new Map<Way, ModelJob>();
  for (const way of [...ways, ...reconciling]) {
    const job = await openJob(db, way);
    stack.use(job.source);
    jobs.set(way, job);
  }
  return {
    play: async (play) => {
      const trace = [`${play.way.how}, pages of ${play.batch}`];
      try {
        await db.run('DELETE FROM items; DELETE FROM entries');
        if (kind === 'mariadb') for (const session of own) await session.run(isolation(play.way));
        await new Run(db, jobs.get(play.way) as ModelJob, own, play, trace).play();
      } catch (error) {
        throw new Error(`${trace.join('\n')}\n${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** Where rows are deleted, InnoDB would lock the gaps that they leave, and what waits for what could not be told. */
const isolation = ({ reconciles }: Way): string =>
  `SET SESSION TRANSACTION ISOLATION LEVEL ${reconciles === true ? 'READ COMMITTED' : 'REPEATABLE READ'}`;

/** One history. */
class Run {
  readonly #db: TestDatabase;
  readonly #play: Play;
  readonly #writers: ModelSessions;
  readonly #poller: ModelPoller;

  constructor(db: TestDatabase, job: ModelJob, own: readonly OwnSession[], play: Play, trace: string[]) {
    this.#db = db;
    this.#play = play;
    this.#writers = new ModelSessions(db.kind, play.way.table, play.way.reconciles === true, own, trace);
    const options = { batch: play.batch, fault: play.fault ?? null };
    this.#poller = new ModelPoller(job, options, (action) => this.#writers.apply(action), trace);
  }

  async play(): Promise<void> {
    const { steps } = this.#play;
    try {
      for (const step of steps) await (isPoll(step) ? this.#run(step) : this.#writers.apply(step));
      await this.#writers.end(steps.length % 2 === 0);
      await this.#run({ ...calm, restart: true });
      await this.#run(calm);
      await this.#run(reconcile);
    } finally {
      await this.#writers.abandon();
    }
    await this.#judge();
    expect(await this.#run({ ...calm, restart: true }), 'published by a quiet poll').toBe(0);
    expect(await this.#run(calm), 'published by a quiet poll').toBe(0);
    expect(await this.#run(reconcile), 'published by a reconcile of what is told').toBe(0);
  }

  async #run(step: Poll): Promise<number> {
    const { ok, published } = await this.#poller.run(step);
    if (step.crash === null) expect(ok, 'a run without a crash ends well').toBe(true);
    const claimed = { ...this.#play.way, unseen: this.#writers.unseen };
    expect(await brokenClaims(this.#db, await this.#poller.stored(), this.#poller.events(), claimed)).toEqual([]);
    return published;
  }

  async #judge(): Promise<void> {
    const { way, steps } = this.#play;
    const { kind } = this.#db;
    const versioned = way.published === 'whole';
    const content = await contentOf(this.#db, kind, way.table, way.published);
    const verdict = checkStream(this.#poller.events(), content, versioned ? versionOf : () => 0);
    expect(verdict).toMatchObject({ missing: [], stale: [], extra: [], reordered: [] });
    const undisturbed = steps.every((step) => !isPoll(step) || (step.do !== 'backfill' && step.crash === null));
    if (undisturbed && versioned) expect(verdict.repeated).toEqual([]);
  }
}
