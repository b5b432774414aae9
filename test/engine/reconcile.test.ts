import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseObject } from '../../src/config/parse.ts';
import { backfillJob } from '../../src/engine/backfill.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { runJobs } from '../../src/engine/run.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import { Limiter } from '../../src/kit/limiter.ts';
import type { Job } from '../../src/model/job.ts';
import type { PublishedExport, PublishedHead } from '../../src/model/published.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import { type MemorySink, openMemory } from '../../src/sink/memory/memory.ts';
import { openSource } from '../../src/source/registry.ts';
import type { Source } from '../../src/source/source.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { exportState, parseExport } from '../../src/state/transfer.ts';
import { createSqlite, type TestDatabase } from '../support/databases.ts';
import { sha256Segment } from '../support/sha256-segment.ts';
import { noReader } from './no-reader.ts';

const never = new AbortController().signal;
const numRuns = Number(process.env['LIBERATE_TEST_RUNS'] ?? 150);

/** Bodies are few and the stamp is not published, so that a row can come back to the very bytes that it had. */
type Write =
  /** `seen`: with a stamp of now; otherwise the stamp stays, or is an old one. */
  | { readonly kind: 'write'; readonly id: number; readonly body: number; readonly seen: boolean }
  | { readonly kind: 'delete'; readonly id: number }
  | { readonly kind: 'rekey'; readonly id: number; readonly to: number };
interface Run {
  readonly kind: 'run';
  /** Writes before each page that is read. */
  readonly between: readonly (readonly Write[])[];
  /** The process dies at so many calls to sink and store; `done`: the last of them was carried out. */
  readonly dies: { readonly after: number; readonly done: boolean } | null;
  readonly beforePage?: (request: ReadRequest) => Promise<void>;
}

const id = fc.integer({ min: 1, max: 8 });
const write: fc.Arbitrary<Write> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), id, body: fc.nat(1), seen: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), id }) },
  fc.record({ kind: fc.constant('rekey' as const), id, to: id }),
);
const run: fc.Arbitrary<Run> = fc.record({
  kind: fc.constant('run' as const),
  between: fc.array(fc.array(write, { maxLength: 2 }), { maxLength: 6 }),
  dies: fc.option(fc.record({ after: fc.nat(24), done: fc.boolean() }), { freq: 2 }),
});
const history = fc.array(fc.oneof({ weight: 2, arbitrary: write }, run), { maxLength: 25, size: 'max' });
const calm: Run = { kind: 'run', between: [], dies: null };

/** Calls pass until the process dies; from then on none does anything. */
class Fuse {
  #dies: Run['dies'] = null;
  #calls = 0;

  set(dies: Run['dies']): void {
    this.#dies = dies;
    this.#calls = 0;
  }

  guard<T extends object>(target: T, names: readonly (keyof T)[]): T {
    return new Proxy(target, {
      get: (own, name) => {
        const value: unknown = Reflect.get(own, name, own);
        if (typeof value !== 'function') return value;
        if (!names.includes(name as keyof T)) return value.bind(own);
        return async (...args: unknown[]) => {
          const at = this.#calls++;
          if (this.#dies !== null && (at > this.#dies.after || (at === this.#dies.after && !this.#dies.done))) throw dead();
          const answer: unknown = await value.apply(own, args);
          if (this.#dies !== null && at === this.#dies.after) throw dead();
          return answer;
        };
      },
    });
  }
}

const dead = (): LiberateError => new LiberateError('LIB405', 'the process is dead');

interface World {
  readonly engine: Engine;
  readonly sink: MemorySink;
  readonly store: StateStore;
  readonly events: LiberateEvent[];
  run(one: Run): Promise<void>;
}

let db: TestDatabase;
let source: Source;

beforeAll(async () => {
  db = await createSqlite();
  await db.run(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE items (id INTEGER PRIMARY KEY, body TEXT, updated_at TIMESTAMP NOT NULL)',
  );
  source = await openSource(configOf({}).source);
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await db[Symbol.asyncDispose]();
});

function configOf(some: object): { readonly job: Job; readonly source: Parameters<typeof openSource>[0] } {
  const items = { table: 'items', columns: { exclude: ['updated_at'] }, retries: 0, batch: 2, ...some };
  const loaded = parseObject({ source: db.url, sink: 'ndjson:unused', jobs: { items } }, '/', {}, () => '');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return { job: loaded.config.jobs[0] as Job, source: Object.values(loaded.config.sources)[0] as Parameters<typeof openSource>[0] };
}

async function openWorld(job: Job, once: boolean): Promise<World> {
  await db.run('DELETE FROM items');
  const sink = openMemory();
  const store = openMemoryState();
  await store.open(never);
  const fuse = new Fuse();
  const events: LiberateEvent[] = [];
  let stop = new AbortController();
  let between: readonly (readonly Write[])[] = [];
  let page = 0;
  let beforePage: Run['beforePage'];
  const meddling = new Proxy(source, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'read') return typeof value === 'function' ? value.bind(target) : value;
      return async function* read(...args: Parameters<Source['read']>) {
        for (const one of between[page++] ?? []) await apply(one);
        await beforePage?.(args[0]);
        yield* target.read(...args);
      };
    },
  });
  const small = new Proxy(sink, {
    get: (target, name) => {
      if (name === 'limits') return () => ({ records: 2, bytes: 1_000_000, inFlight: 2 });
      return Reflect.get(target, name, target) as unknown;
    },
  });
  const published = fuse.guard(store.published, ['append', 'saveHead', 'dropLog', 'replace', 'clear', 'log', 'bucket']);
  const guarded = fuse.guard(new Proxy(store, { get: (own, name) => (name === 'published' ? published : bound(own, name)) }), [
    'load',
    'commit',
  ]);
  const engine: Engine = {
    store: guarded,
    observer: (event) => {
      events.push(event);
      if (!once && (event.type === 'reconcile.end' || (event.type === 'cycle.end' && event.report.outcome === 'failed'))) stop.abort();
    },
    clock: systemClock,
    random: Math.random,
    holder: 'test',
    leaseTtlMs: 60_000,
    source: () => ({ source: meddling, limiter: new Limiter(1), timezone: null }),
    sink: () => fuse.guard(small, ['send']),
    readBack: noReader,
    registry: () => null,
  };
  return {
    engine,
    sink,
    store,
    events,
    run: async (one) => {
      fuse.set(one.dies);
      between = one.between;
      page = 0;
      beforePage = one.beforePage;
      stop = new AbortController();
      const { failures } = await runJobs(engine, [job], { once, waitForLease: true }, stop.signal);
      fuse.set(null);
      if (one.dies === null) for (const failure of failures.values()) throw failure;
    },
  };
}

function bound<T extends object>(own: T, name: string | symbol): unknown {
  const value: unknown = Reflect.get(own, name, own);
  return typeof value === 'function' ? value.bind(own) : value;
}

async function apply(one: Write): Promise<void> {
  if (one.kind === 'delete') await db.run(`DELETE FROM items WHERE id = ${one.id}`);
  else if (one.kind === 'rekey') await db.run(`UPDATE OR IGNORE items SET id = ${one.to} WHERE id = ${one.id}`);
  else {
    const now = `strftime('%Y-%m-%d %H:%M:%f', 'now')`;
    const [insert, update] = one.seen ? [now, now] : [`'2020-01-01 00:00:00.000'`, 'updated_at'];
    await db.run(
      `INSERT INTO items VALUES (${one.id}, 'v${one.body}', ${insert}) ON CONFLICT (id) DO UPDATE SET body = excluded.body, updated_at = ${update}`,
    );
  }
}

async function content(): Promise<Readonly<Record<string, string>>> {
  const rows = await db.rows('SELECT id, body FROM items ORDER BY id');
  return Object.fromEntries(rows.map(([key, body]) => [`{"id":${key}}`, `{"id":${key},"body":"${body}"}`]));
}

function folded(sink: MemorySink): Readonly<Record<string, string>> {
  const last = new Map<string, string>();
  for (const { key, value } of sink.records('items')) {
    if (value === null) last.delete(String(key));
    else last.set(String(key), String(value));
  }
  return Object.fromEntries([...last].sort());
}

/** `once`: as from cron; otherwise a scheduled run, which polls between the slices, until a reconcile has ended. */
const modes = {
  'timestamp, once': { once: true, keys: { cursor: 'updated_at', reconcile: '1ms' } },
  'timestamp, scheduled': { once: false, keys: { cursor: 'updated_at', reconcile: '1ms', every: '1ms' } },
  bulk: { once: true, keys: { mode: 'bulk' } },
};

describe.each(Object.entries(modes))('a table published by %s', (_, { once, keys }) => {
  it(
    'is what its stream folds to, through deletes, changed keys, changes without a stamp, the same bytes again, and crashes',
    async () => {
      const { job } = configOf(keys);
      const play = async (steps: readonly (Write | Run)[]): Promise<void> => {
        const world = await openWorld(job, once);
        for (const step of steps) await (step.kind === 'run' ? world.run(step) : apply(step));
        // Two: what came between the pages of the last is found by the next, and nothing comes between these.
        await world.run(calm);
        await world.run(calm);
        expect(folded(world.sink)).toEqual(await content());
        const before = world.sink.records('items').length;
        await world.run(calm);
        expect(world.sink.records('items').length).toBe(before);
      };
      await fc.assert(fc.asyncProperty(history, play), { numRuns });
    },
    numRuns * 1000,
  );
});

/** The events after a place in the stream, a tombstone as null. */
const since = (sink: MemorySink, from: number): readonly (readonly [string, string | null])[] =>
  sink
    .records('items')
    .slice(from)
    .map(({ key, value }) => [String(key), value === null ? null : String(value)] as const);
const row = (key: number, body: number): readonly [string, string] => [`{"id":${key}}`, `{"id":${key},"body":"v${body}"}`];
const put = (key: number, body: number, seen = true): Write => ({ kind: 'write', id: key, body, seen });
/** A look-back so long that every poll meets each row that has a stamp of this test. */
const reconciling = { cursor: 'updated_at', reconcile: '1ms', lookback: '1h' };
/** Writes before the first read that is meant. */
function once(meant: (request: ReadRequest) => boolean, write: Write): NonNullable<Run['beforePage']> {
  let done = false;
  return async (request) => {
    if (done || !meant(request)) return;
    done = true;
    await apply(write);
  };
}

/** A world with rows 1 to 6, published; and how many events that took. */
async function loaded(keys: object): Promise<World & { readonly from: number; readonly job: Job }> {
  const { job } = configOf(keys);
  const world = await openWorld(job, true);
  for (const key of [1, 2, 3, 4, 5, 6]) await apply(put(key, 0));
  await world.run(calm);
  return { ...world, job, from: world.sink.records('items').length };
}

/** The fence of whoever had the job last. */
async function fenceOf(store: StateStore): Promise<bigint> {
  const [stored] = await store.list();
  if (stored?.lease == null) throw new Error('nobody had it');
  return stored.lease.fence;
}

describe('a reconcile', () => {
  it('leaves a row to the poll that published it meanwhile, though it was gone when its page was read', async () => {
    const world = await loaded(reconciling);
    await apply({ kind: 'delete', id: 1 });
    await world.run({ ...calm, beforePage: once(({ window, page }) => window.kind === 'keys' && page !== null, put(1, 1)) });
    expect(folded(world.sink)).toEqual(await content());
    expect(since(world.sink, world.from)).toEqual([row(1, 1)]);
  });

  it('leaves to the next poll what that can see, so that it comes once', async () => {
    const world = await loaded(reconciling);
    await world.run({ ...calm, beforePage: once(({ window }) => window.kind === 'keys', put(6, 1)) });
    await world.run(calm);
    expect(since(world.sink, world.from)).toEqual([row(6, 1)]);
  });

  it('gives up what the poller remembers of a key before its tombstone leaves, so that the very same row can come back', async () => {
    const world = await loaded(reconciling);
    const stamp = (await db.rows('SELECT updated_at FROM items WHERE id = 6'))[0]?.[0];
    await apply({ kind: 'delete', id: 6 });
    await world.run(calm);
    await db.run(`INSERT INTO items VALUES (6, 'v0', '${stamp}')`);
    // Without a reconcile: the poll alone must see it.
    const polling = configOf({ ...reconciling, reconcile: '1h' }).job;
    await runJobs(world.engine, [polling], { once: true, waitForLease: true }, never);
    expect(since(world.sink, world.from)).toEqual([['{"id":6}', null], row(6, 0)]);
  });

  it('publishes what the cursor cannot see and nothing else, and says what it cost', async () => {
    const world = await loaded(reconciling);
    for (const one of [put(2, 1, false), put(7, 0, false), { kind: 'delete', id: 3 }, { kind: 'rekey', id: 4, to: 8 }] as const)
      await apply(one);
    await world.run(calm);
    expect(new Map(since(world.sink, world.from))).toEqual(
      new Map<string, string | null>([row(2, 1), row(7, 0), row(8, 0), ['{"id":3}', null], ['{"id":4}', null]]),
    );
    const { report } = world.events.filter((event) => event.type === 'reconcile.end').at(-1) as Extract<
      LiberateEvent,
      { type: 'reconcile.end' }
    >;
    // The others had a stamp that is within the look-back still.
    expect(report).toMatchObject({ keys: 7, published: 1, tombstones: 2 });
    expect(report.rows).toBeGreaterThanOrEqual(6);
    expect(report.bytes).toBeGreaterThan(0);
    expect((await world.store.list())[0]?.reconciled).toEqual(report);
  });

  it('comes at its own interval, counted from the last one of any process', async () => {
    const world = await loaded({ ...reconciling, reconcile: '1h' });
    await apply({ kind: 'delete', id: 3 });
    await world.run(calm);
    expect(since(world.sink, world.from)).toEqual([]);
    const head = await world.store.published.head('items');
    const fence = await fenceOf(world.store);
    await world.store.published.saveHead('items', { ...(head as NonNullable<typeof head>), begun: Date.now() - 3_600_001 }, fence);
    await world.run(calm);
    expect(since(world.sink, world.from)).toEqual([['{"id":3}', null]]);
    await apply({ kind: 'delete', id: 4 });
    await world.run(calm);
    expect(since(world.sink, world.from)).toHaveLength(1);
  });

  it.each(['log', 'bucket'])(
    'takes up a %s of the version that digested otherwise: tombstones what went, and once publishes each row',
    async (kept) => {
      const world = await loaded({ mode: 'bulk' });
      const sink = (await world.store.published.head('items'))?.sink;
      const head = { sink, topic: 'items', begun: 1, adopted: false, last: null };
      // As that version would have left it; 9 was published, then deleted, and 8 is buried.
      const entries = [1, 2, 3, 4, 5, 6, 9].map((key) => row(key, 0));
      const data = sha256Segment([...entries, ['{"id":8}', null]]);
      const whole = { entries: 8, data };
      const stored = parseExport(
        exportState(
          await world.store.list(),
          new Map([
            [
              'items',
              {
                head: head as unknown as PublishedHead,
                log: kept === 'log' ? [{ seq: 1, sure: true, ...whole }] : [],
                buckets: kept === 'bucket' ? [{ bucket: 1, upto: 1, sure: true, pieces: [whole] }] : [],
              },
            ],
          ]),
        ),
      ).get('items');
      await world.store.published.restore('items', stored?.published as PublishedExport, await fenceOf(world.store));
      await apply(put(2, 1, false));
      await apply({ kind: 'delete', id: 3 });
      await world.run(calm);
      const first = since(world.sink, world.from);
      expect(new Map(first)).toEqual(
        new Map<string, string | null>([
          ['{"id":9}', null],
          ['{"id":3}', null],
          ...[row(1, 0), row(2, 1), row(4, 0), row(5, 0), row(6, 0)],
        ]),
      );
      expect(first).toHaveLength(7);
      await apply(put(5, 1, false));
      await world.run(calm);
      expect(since(world.sink, world.from + first.length)).toEqual([row(5, 1)]);
    },
  );

  it('publishes everything once for a job that has published before it remembered', async () => {
    const { job } = configOf({ cursor: 'updated_at' });
    const world = await openWorld(job, true);
    for (const key of [1, 2]) await apply(put(key, 0));
    await world.run(calm);
    expect((await world.store.published.size('items')).last).toBe(0);
    await runJobs(world.engine, [configOf(reconciling).job], { once: true, waitForLease: true }, never);
    expect(since(world.sink, 2)).toEqual([row(1, 0), row(2, 0)]);
  });

  it('leaves out what the job was told to skip, and tells deletes of what came later', async () => {
    const { job } = configOf({ ...reconciling, initial: 'skip' });
    const world = await openWorld(job, true);
    for (const key of [1, 2]) await apply(put(key, 0));
    await world.run(calm);
    await apply(put(3, 0));
    await world.run(calm);
    await apply({ kind: 'delete', id: 1 });
    await apply({ kind: 'delete', id: 3 });
    await world.run(calm);
    expect(since(world.sink, 0)).toEqual([row(3, 0), ['{"id":3}', null]]);
  });

  it('knows what a backfill has published', async () => {
    const { job } = configOf({ ...reconciling, initial: 'skip' });
    const world = await openWorld(job, true);
    for (const key of [1, 2, 3, 4, 5, 6]) await apply(put(key, 0));
    await world.run(calm);
    expect(since(world.sink, 0)).toEqual([]);
    const options = { from: null, to: null, window: null, dryRun: false, wait: false, parallel: 1, resume: false, restart: false };
    await backfillJob(world.engine, job, options, never);
    await apply({ kind: 'delete', id: 2 });
    await world.run(calm);
    expect(since(world.sink, 6)).toEqual([['{"id":2}', null]]);
  });

  it('knows the keys still after a reset, and publishes every row again', async () => {
    const world = await loaded(reconciling);
    await apply({ kind: 'delete', id: 5 });
    const fence = await fenceOf(world.store);
    await world.store.reset('items', fence);
    await world.run(calm);
    expect(new Map(since(world.sink, world.from)).get('{"id":5}')).toBeNull();
    expect(folded(world.sink)).toEqual(await content());
  });

  it.each([{ mode: 'bulk' }, reconciling])('is counted once in what the job has published in all: %j', async (keys) => {
    const world = await loaded(keys);
    await apply(put(2, 1, false));
    await apply({ kind: 'delete', id: 3 });
    await world.run(calm);
    expect(since(world.sink, world.from)).toHaveLength(2);
    expect((await world.store.list())[0]?.publishedTotal).toBe(world.sink.records('items').length);
  });

  it('begins anew where the job goes to another topic', async () => {
    const world = await loaded({ mode: 'bulk' });
    const { job } = configOf({ mode: 'bulk', topic: 'moved' });
    await runJobs(world.engine, [job], { once: true, waitForLease: true }, never);
    expect(world.sink.records('moved')).toHaveLength(6);
  });
});

describe('rows that are marked as deleted', () => {
  it.each([{ mode: 'bulk' }, reconciling])('count as gone: %j', async (keys) => {
    const world = await loaded({ ...keys, deleted: "body = 'v1'" });
    await apply(put(2, 1, false));
    await apply({ kind: 'delete', id: 3 });
    await world.run(calm);
    expect(new Map(since(world.sink, world.from))).toEqual(
      new Map([
        ['{"id":2}', null],
        ['{"id":3}', null],
      ]),
    );
    const { length } = world.sink.records('items');
    await apply({ kind: 'delete', id: 2 });
    await world.run(calm);
    expect(world.sink.records('items')).toHaveLength(length);
  });
});

describe('a bulk job with a key', () => {
  it('publishes what changed in key order, a tombstone for what went, and nothing of the rest', async () => {
    const world = await loaded({ mode: 'bulk' });
    for (const one of [put(6, 1), put(2, 1), put(7, 0), { kind: 'delete', id: 3 }] as const) await apply(one);
    await world.run(calm);
    const events = since(world.sink, world.from);
    expect(events.filter(([, value]) => value !== null)).toEqual([row(2, 1), row(6, 1), row(7, 0)]);
    expect(events.filter(([, value]) => value === null)).toEqual([['{"id":3}', null]]);
    const ok = (await world.store.list())[0]?.lastOk;
    expect(ok).toMatchObject({ published: 4 });
  });
});
