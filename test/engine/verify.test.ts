import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseObject } from '../../src/config/parse.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { runJobs } from '../../src/engine/run.ts';
import { type VerifyReport, verifyJob } from '../../src/engine/verify.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Limiter } from '../../src/kit/limiter.ts';
import { type DeadLetter, deadLetter, recordOfLetter } from '../../src/model/dead-letter.ts';
import type { Job } from '../../src/model/job.ts';
import type { OutboundRecord } from '../../src/model/record.ts';
import { type MemorySink, openMemory } from '../../src/sink/memory/memory.ts';
import type { StreamReader } from '../../src/sink/stream-reader.ts';
import { openSource } from '../../src/source/registry.ts';
import type { Source } from '../../src/source/source.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { batchOf } from '../sink/batch.ts';
import { createSqlite, type TestDatabase } from '../support/databases.ts';
import { noReader } from './no-reader.ts';

const never = new AbortController().signal;
const options = { repair: false, tombstones: false, samples: 1000, wait: false, together: 1000 };
/** Keys that the steps leave alone; the faults are theirs. */
const quiet = [1, 2, 3];
const name = (id: number): string => `{"id":${id}}`;

/** Bodies are few and the stamp is not published: a row comes back to bytes that it had before, unless it was deleted between. */
type Step =
  | { readonly kind: 'write'; readonly id: number; readonly body: number }
  | { readonly kind: 'delete'; readonly id: number }
  | { readonly kind: 'poll' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), id: fc.integer({ min: 4, max: 9 }), body: fc.nat(1) }) },
  fc.record({ kind: fc.constant('delete' as const), id: fc.integer({ min: 4, max: 9 }) }),
  { weight: 2, arbitrary: fc.constant({ kind: 'poll' as const }) },
);
/** What happens before each look that a verification takes at anything. */
const between = fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 30, size: 'max' });
const faulty = fc.subarray(['missing', 'stale', 'extra'] as const);

interface World {
  readonly engine: Engine;
  readonly sink: MemorySink;
  take(step: Step): Promise<void>;
  readonly deleted: Set<number>;
}

let db: TestDatabase;
let source: Source;
let job: Job;

beforeAll(async () => {
  db = await createSqlite();
  await db.run('PRAGMA journal_mode = WAL; CREATE TABLE items (id INTEGER PRIMARY KEY, body TEXT, updated_at TIMESTAMP NOT NULL)');
  const loaded = parseObject(
    {
      source: db.url,
      sink: 'ndjson:unused',
      jobs: { items: { table: 'items', cursor: 'updated_at', columns: { exclude: ['updated_at'] } } },
    },
    '/',
    {},
    () => '',
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  source = await openSource(Object.values(loaded.config.sources)[0] as Parameters<typeof openSource>[0]);
  job = loaded.config.jobs[0] as Job;
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await db[Symbol.asyncDispose]();
});

/** A table of six rows that has been published whole. */
async function openWorld(): Promise<World> {
  const sink = openMemory();
  const store = openMemoryState();
  await store.open(never);
  const engine: Engine = {
    store,
    observer: () => undefined,
    clock: systemClock,
    random: Math.random,
    holder: 'test',
    leaseTtlMs: 60_000,
    source: () => ({ source, limiter: new Limiter(1), timezone: null }),
    sink: () => sink,
    readBack: noReader,
    registry: () => null,
  };
  const deleted = new Set<number>();
  let deletes = 0;
  const take = async (one: Step): Promise<void> => {
    if (one.kind === 'poll') {
      const { failures } = await runJobs(engine, [job], { once: true, waitForLease: true }, never);
      for (const failure of failures.values()) throw failure;
    } else if (one.kind === 'delete') {
      deleted.add(one.id);
      deletes += 1;
      await db.run(`DELETE FROM items WHERE id = ${one.id}`);
    } else {
      await db.run(`REPLACE INTO items VALUES (${one.id}, 'v${one.body} after ${deletes}', strftime('%Y-%m-%d %H:%M:%f', 'now'))`);
    }
  };
  await db.run('DELETE FROM items');
  for (const id of [...quiet, 4, 5, 6]) await take({ kind: 'write', id, body: 0 });
  await take({ kind: 'poll' });
  return { engine, sink, take, deleted };
}

/** Reads the memory sink, as a topic of one partition. */
function readerOf(sink: MemorySink, before: () => Promise<void>): StreamReader {
  return {
    end: async (topic) => {
      await before();
      return new Map([[0, BigInt(sink.records(topic).length)]]);
    },
    read: async function* read(topic, from, to) {
      await before();
      yield sink.records(topic).slice(Number(from?.get(0) ?? 0n), Number(to.get(0)));
    },
    asRead: (published) => published,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The same engine, with `before` ahead of every look at the source and the state. */
function watched({ engine }: World, before: () => Promise<void>): Engine {
  const seen: Source = {
    name: source.name,
    kind: source.kind,
    hints: null,
    uncommitted: null,
    together: null,
    check: (signal) => source.check(signal),
    tables: (signal) => source.tables(signal),
    describe: (relation, signal) => source.describe(relation, signal),
    countNulls: (request, signal) => source.countNulls(request, signal),
    explain: (request, signal) => source.explain(request, signal),
    indexSql: source.indexSql,
    last: (request, signal) => source.last(request, signal),
    nth: (request, signal) => source.nth(request, signal),
    estimate: (request, signal) => source.estimate(request, signal),
    parseCursor: (text, column) => source.parseCursor(text, column),
    horizon: async (lookback, signal) => {
      await before();
      return source.horizon(lookback, signal);
    },
    read: async function* read(request, signal) {
      await before();
      yield* source.read(request, signal);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  const load: StateStore['load'] = async (one) => {
    await before();
    return engine.store.load(one);
  };
  const { store: whole } = engine;
  const store = new Proxy(whole, {
    get: (_, key) => {
      if (key === 'load') return load;
      const value: unknown = Reflect.get(whole, key);
      return typeof value === 'function' ? (value.bind(whole) as unknown) : value;
    },
  });
  return { ...engine, store, source: () => ({ source: seen, limiter: new Limiter(1), timezone: null }) };
}

async function fault({ sink }: World, kind: 'missing' | 'stale' | 'extra'): Promise<void> {
  const event = { missing: [name(1), null], stale: [name(2), '{"id":2}'], extra: [name(99), '{"id":99}'] }[kind] as [string, string | null];
  const [key, value] = event;
  const record = { key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestamp: '0', headers: {} };
  await sink.send('items', batchOf([record]), never);
}

const letterOf = (id: number): DeadLetter =>
  deadLetter({
    job: 'items',
    topic: 'items',
    key: name(id),
    code: 'LIB305',
    reason: 'too wide',
    row: { id: String(id) },
    at: '2026-01-01',
  });
const recordOf = (letter: DeadLetter): OutboundRecord => ({ ...recordOfLetter(letter), headers: {} });

async function verify(world: World, plan: readonly (readonly Step[])[], more: Partial<typeof options> = {}): Promise<VerifyReport> {
  const left = [...plan];
  let busy = false;
  const before = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    for (const one of left.shift() ?? []) await world.take(one);
    busy = false;
  };
  const [report] = await verifyJob(watched(world, before), job, readerOf(world.sink, before), { ...options, ...more }, never);
  return report as VerifyReport;
}

describe('a verification', () => {
  it('accuses exactly what is wrong, whatever writers and pollers do between its looks', async () => {
    await fc.assert(
      fc.asyncProperty(between, faulty, fc.constantFrom(1, 2, 1000), async (plan, faults, together) => {
        const world = await openWorld();
        for (const kind of faults) await fault(world, kind);
        const { samples, ...report } = await verify(world, plan, { together });
        expect({ missing: samples.missing, stale: samples.stale }).toEqual({
          missing: faults.includes('missing') ? [name(1)] : [],
          stale: faults.includes('stale') ? [name(2)] : [],
        });
        expect([report.missing, report.stale, report.extra]).toEqual([samples.missing.length, samples.stale.length, samples.extra.length]);
        const gone = new Set([...world.deleted].map(name));
        expect(samples.extra.filter((key) => !gone.has(key))).toEqual(faults.includes('extra') ? [name(99)] : []);
        expect(report.same).toBe(!faults.includes('missing') && !faults.includes('stale'));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('gives no verdict on a table whose columns change while it looks', async () => {
    const world = await openWorld();
    let altered = false;
    const before = async (): Promise<void> => {
      if (altered) return;
      altered = true;
      await db.run('ALTER TABLE items ADD COLUMN more TEXT');
    };
    try {
      const verdict = verifyJob(
        watched(world, before),
        job,
        readerOf(world.sink, async () => undefined),
        options,
        never,
      );
      await expect(verdict).rejects.toMatchObject({ code: 'LIB215', cure: expect.stringContaining('Verify again') });
      expect(altered).toBe(true);
    } finally {
      await db.run('ALTER TABLE items DROP COLUMN more');
    }
    expect(await verify(world, [])).toMatchObject({ same: true });
  });

  it('tells the rows that the next poll publishes as in flight, and none after it', async () => {
    const world = await openWorld();
    await world.take({ kind: 'write', id: 4, body: 1 });
    await world.take({ kind: 'write', id: 7, body: 0 });
    expect(await verify(world, [])).toMatchObject({ same: true, missing: 0, stale: 0, extra: 0, inFlight: 2, rows: 7, events: 6 });
    await world.take({ kind: 'poll' });
    expect(await verify(world, [])).toMatchObject({ same: true, inFlight: 0, rows: 7, events: 8 });
  });

  it('takes nothing for in flight where the job has no saved state: nobody would publish it', async () => {
    const world = await openWorld();
    await world.engine.store.reset('items', (await acquire(world)).fence);
    await world.take({ kind: 'write', id: 7, body: 0 });
    expect(await verify(world, [])).toMatchObject({ same: false, missing: 1, inFlight: 0 });
  });

  it('tells a deleted row as extra, which is no fault of a job that does not tell deletes', async () => {
    const world = await openWorld();
    await world.take({ kind: 'delete', id: 4 });
    expect(await verify(world, [])).toMatchObject({ same: true, extra: 1, deletesTold: false, samples: { extra: [name(4)] } });
  });

  it('tells rows in the dead letters apart from missing and stale ones, and leaves them to their replay', async () => {
    const world = await openWorld();
    for (const kind of ['missing', 'stale'] as const) await fault(world, kind);
    // Of a third only the letter is left: the row was published after all.
    for (const id of [1, 2, 3]) await world.sink.send('items.deadletters', batchOf([recordOf(letterOf(id))]), never);
    const lettered: Job = { ...job, onBadRow: 'deadletter' };
    const reader = readerOf(world.sink, async () => undefined);
    const faults = { missing: 0, stale: 0, extra: 0, deadLetters: 2, same: false };
    expect(await verifyJob(world.engine, lettered, reader, options, never)).toMatchObject([faults]);
    const repairing = { ...options, repair: true };
    const repaired = { published: 0, tombstones: 0 };
    expect(await verifyJob(world.engine, lettered, reader, repairing, never)).toMatchObject([{ ...faults, repaired }]);
    expect(await verify(world, [])).toMatchObject({ missing: 1, stale: 1, deadLetters: 0 });
  });

  it('with repair publishes exactly what it accuses; tombstones only when asked for', async () => {
    const world = await openWorld();
    for (const kind of ['missing', 'stale', 'extra'] as const) await fault(world, kind);
    const sent = world.sink.records('items').length;
    // One difference after the other: each is mended before the next is looked for.
    expect(await verify(world, [], { repair: true, together: 1 })).toMatchObject({
      same: true,
      missing: 1,
      stale: 1,
      extra: 1,
      repaired: { published: 2, tombstones: 0 },
    });
    expect(
      world.sink
        .records('items')
        .slice(sent)
        .map(({ key }) => String(key))
        .sort(),
    ).toEqual([name(1), name(2)]);
    expect(await verify(world, [], { repair: true, tombstones: true })).toMatchObject({
      missing: 0,
      stale: 0,
      extra: 1,
      repaired: { published: 0, tombstones: 1 },
    });
    expect(world.sink.records('items').at(-1)).toMatchObject({
      key: Buffer.from(name(99)),
      value: null,
      headers: { 'liberate.op': 'delete' },
    });
    expect(await verify(world, [])).toMatchObject({ same: true, missing: 0, stale: 0, extra: 0, inFlight: 0 });
  });

  it('gives up what the poller remembers of a key before its tombstone leaves, so that the same row can come back', async () => {
    const world = await openWorld();
    await world.take({ kind: 'delete', id: 6 });
    const before = await world.engine.store.load('items');
    expect(Object.keys(before?.sent ?? {})).toContain(name(6));
    await verify(world, [], { repair: true, tombstones: true });
    expect(Object.keys((await world.engine.store.load('items'))?.sent ?? {})).not.toContain(name(6));
  });
});

async function acquire({ engine }: World): Promise<{ readonly fence: bigint }> {
  const got = await engine.store.acquire('items', 'test', 60_000);
  if (!got.ok) throw new Error('the lease is held');
  return got;
}
