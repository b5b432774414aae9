import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseObject } from '../../src/config/parse.ts';
import { resolveTarget, targetsOf } from '../../src/engine/resolve.ts';
import type { Job } from '../../src/model/job.ts';
import { openSource } from '../../src/source/registry.ts';
import { createDatabase, type DatabaseKind, type OwnSession, type TestDatabase } from '../support/databases.ts';
import { checkStream } from './checker.ts';
import { brokenClaims } from './claim.ts';
import { contentOf, createTables, type Published, type Table, versionOf } from './items.ts';
import { type ModelJob, ModelPoller } from './model-poller.ts';
import { ModelSessions } from './model-sessions.ts';
import { calm, history, isPoll, type Poll, type Step, sessions } from './model-steps.ts';

/** Histories on each database; LIBERATE_TEST_RUNS looks further, from LIBERATE_TEST_SEED. */
const runsOf: Readonly<Record<DatabaseKind, number>> = { postgres: 40, mariadb: 10, sqlite: 40 };
const more = process.env['LIBERATE_TEST_RUNS'];

interface Way {
  readonly how: string;
  readonly table: Table;
  readonly published: Published;
  /** Name of the cursor column. */
  readonly cursor: 'updated_at' | 'touched_at' | 'id';
  readonly job: object;
}

const columns = { exclude: ['touched_at'] };
const ways: readonly Way[] = [
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

/**
 * Milliseconds of each source's margin that a model can do without: stamps in whole seconds, and MariaDB's start of a
 * transaction, are rounded.
 */
const spare: Readonly<Record<DatabaseKind, (way: Way) => number>> = {
  postgres: ({ cursor }) => (cursor === 'touched_at' ? 500 : 1000),
  mariadb: ({ cursor }) => (cursor === 'touched_at' ? 900 : 1900),
  sqlite: ({ cursor }) => (cursor === 'touched_at' ? 4000 : 5000),
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

describe.each(['postgres', 'mariadb', 'sqlite'] as const)('any history of sessions, polls, crashes and backfills on %s', (kind) => {
  let db: TestDatabase;
  const own: OwnSession[] = [];
  const jobs = new Map<Way, ModelJob>();

  beforeAll(async () => {
    db = await createDatabase[kind]();
    if (kind === 'sqlite') await db.run('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
    await createTables(db, kind);
    for (let number = 0; number < sessions; number += 1) own.push(await db.connect());
    for (const way of ways) jobs.set(way, await openJob(db, way));
  });
  afterAll(async () => {
    for (const { source } of jobs.values()) await source[Symbol.asyncDispose]();
    for (const session of own) await session[Symbol.asyncDispose]();
    await db[Symbol.asyncDispose]();
  });

  async function play(way: Way, batch: number, steps: readonly Step[], trace: string[]): Promise<void> {
    await db.run('DELETE FROM items; DELETE FROM entries');
    const writers = new ModelSessions(kind, way.table, own, trace);
    const poller = new ModelPoller(jobs.get(way) as ModelJob, batch, (action) => writers.apply(action), trace);
    const run = async (step: Poll): Promise<number> => {
      const { ok, published } = await poller.run(step);
      if (step.crash === null) expect(ok, 'a run without a crash fails').toBe(true);
      expect(await brokenClaims(db, await poller.stored(), poller.events(), way)).toEqual([]);
      return published;
    };
    try {
      for (const step of steps) await (isPoll(step) ? run(step) : writers.apply(step));
      await writers.end(steps.length % 2 === 0);
      await run({ ...calm, restart: true });
      await run(calm);
    } finally {
      await writers.abandon();
    }
    const verdict = checkStream(
      poller.events(),
      await contentOf(db, kind, way.table, way.published),
      way.published === 'whole' ? versionOf : () => 0,
    );
    expect(verdict).toMatchObject({ missing: [], stale: [], extra: [], reordered: [] });
    const undisturbed = steps.every((step) => !isPoll(step) || (step.do === 'poll' && step.crash === null));
    if (undisturbed && way.published === 'whole') expect(verdict.repeated).toEqual([]);
    expect(await run({ ...calm, restart: true })).toBe(0);
    expect(await run(calm)).toBe(0);
  }

  const numRuns = more === undefined ? runsOf[kind] : Number(more);
  it(
    'keeps every promise',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...ways), fc.integer({ min: 1, max: 5 }), history, async (way, batch, steps) => {
          const trace = [`${way.how}, pages of ${batch}`];
          try {
            await play(way, batch, steps, trace);
          } catch (error) {
            throw new Error(`${trace.join('\n')}\n${error instanceof Error ? error.message : String(error)}`, { cause: error });
          }
        }),
        { numRuns },
      );
    },
    60_000 + numRuns * 5000,
  );
});
