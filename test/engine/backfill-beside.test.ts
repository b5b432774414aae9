import { afterEach, describe, expect, it, vi } from 'vitest';
import { backfillJob } from '../../src/engine/backfill.ts';
import type { BackfillOptions, BackfillReport } from '../../src/engine/backfill-options.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { runJobs } from '../../src/engine/run.ts';
import { isFinished } from '../../src/model/backfill.ts';
import type { Job } from '../../src/model/job.ts';
import { batchOfRows, type RowBatch } from '../../src/model/row.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import { job, wholeBackfill as plain } from './job.ts';
import { type Scripted, scripted } from './scripted.ts';

const never = new AbortController().signal;
const orders = job({ name: 'orders', topic: 'orders', cursor: [], cadence: { kind: 'every', ms: 100 } });
const all = 6000;

afterEach(() => void vi.restoreAllMocks());

/** Each look at the time finds so much of it gone: a slice is over after a page or two, on any machine. */
function hurried(): void {
  let now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 300;
    return now;
  });
}

interface Place extends Scripted {
  /** Newest version by id. */
  readonly versions: Map<number, number>;
  /** Writes beside each page. */
  writes: boolean;
  /** A row at which the reads of a backfill fail. */
  fails: number | null;
  /** Reads of a backfill wait for it, from the second part of a page on. */
  gate: Promise<unknown> | null;
  /** Reads at once, at the most. */
  most: number;
  /** Rows that a backfill has read. */
  backfilled: number;
}

/** A table of ids that others write to; a poll holds all of it against what was published. */
async function table(): Promise<Place> {
  const versions = new Map<number, number>();
  const place = { versions, writes: true, fails: null as number | null, gate: null as Promise<unknown> | null, most: 0, backfilled: 0 };
  let reading = 0;
  let turn = 0;
  const write = (): void => {
    if (!place.writes) return;
    turn += 1;
    for (let n = 0; n < 5; n += 1) {
      const id = ((turn * 7919 + n * 104_729) % all) + 1;
      versions.set(id, (versions.get(id) ?? 0) + 1);
    }
  };
  async function* read(request: ReadRequest): AsyncGenerator<RowBatch> {
    const sliced = 'until' in request && request.window.kind === 'all';
    reading += 1;
    place.most = Math.max(place.most, reading);
    try {
      const after = Number(request.page?.at(-1) ?? 0);
      const last = Math.min(Number(request.until?.at(-1) ?? all), all);
      const page = Array.from({ length: Math.min(last - after, request.limit ?? all) }, (_, at) => after + at + 1);
      // As a statement sees it: what is written while it is under way is the next one's.
      const rows = page.map((id) => ({ id, version: versions.get(id) ?? 0 }));
      for (let at = 0; at < rows.length; at += 250) {
        const some = rows.slice(at, at + 250);
        if (sliced && some.some(({ id }) => id === place.fails)) throw new Error('broken');
        if (sliced && place.backfilled > 0) await place.gate;
        if (sliced) place.backfilled += some.length;
        yield batch(some);
        write();
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      reading -= 1;
    }
  }
  const made = await scripted(read, {
    source: {
      estimate: async () => all,
      nth: async ({ page, limit }) => {
        const id = Number(page?.at(-1) ?? 0) + (limit ?? 1);
        return id > all ? null : [String(id)];
      },
    },
  });
  return Object.assign(place, made);
}

function batch(rows: readonly { readonly id: number; readonly version: number }[]): RowBatch {
  const whole = rows.map(({ id, version }) => ({
    values: [String(id), '2026-01-01T00:00:00Z', String(version)],
    position: [String(id)],
    ahead: true,
    recent: false,
  }));
  return batchOfRows(whole, whole.at(-1)?.position ?? null);
}

interface Command {
  readonly events: LiberateEvent[];
  run(some?: Partial<BackfillOptions>, signal?: AbortSignal, of?: Job): Promise<readonly BackfillReport[]>;
}

/** The same job from another process. */
function command({ engine }: Place, holder = 'command'): Command {
  const events: LiberateEvent[] = [];
  const own: Engine = { ...engine, holder, observer: (event) => void events.push(event) };
  return { events, run: (some = {}, signal = never, of = orders) => backfillJob(own, of, { ...plain, ...some }, signal) };
}

/** A runner of the job, which has polled once. */
async function runner({ engine, event }: Place): Promise<AsyncDisposable> {
  const stop = new AbortController();
  const running = runJobs(engine, [orders], { once: false, waitForLease: true }, stop.signal);
  await event(({ type }) => type === 'cycle.end');
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error('stop'));
      await running;
    },
  };
}

const ids = ({ sink }: Place): ReadonlySet<number> =>
  new Set(sink.records('orders').map(({ key }) => JSON.parse(String(key)).id as number));

/** Events that bring an older state of a row than one before them. */
function wentBack({ sink }: Place): number {
  const newest = new Map<string, number>();
  let count = 0;
  for (const { key, value } of sink.records('orders')) {
    const version = Number(JSON.parse(String(value)).paid);
    if (version < (newest.get(String(key)) ?? 0)) count += 1;
    newest.set(String(key), version);
  }
  return count;
}

/** After a poll that began when nobody wrote any more. */
async function settled(place: Place): Promise<void> {
  place.writes = false;
  for (let polls = 0; polls < 2; polls += 1) {
    const before = place.events.length;
    await place.event((event) => event.type === 'cycle.end' && place.events.indexOf(event) >= before);
  }
  const folded = new Map(
    place.sink.records('orders').map(({ key, value }) => [JSON.parse(String(key)).id, Number(JSON.parse(String(value)).paid)]),
  );
  for (const [id, version] of place.versions) expect(folded.get(id)).toBe(version);
}

describe('a backfill of a job that a runner polls', () => {
  it('is done by the runner in slices between its polls, and no event brings an older state', async () => {
    hurried();
    const place = await table();
    await using _runner = await runner(place);
    const { events, run } = command(place);
    const [report] = await run();
    // Of slices and polls together.
    expect(place.most).toBe(1);
    expect(report).toMatchObject({ published: all, expected: all, deadLetters: 0 });
    expect(report?.chunks.map(({ chunk }) => chunk)).toEqual([1, 2]);
    expect(report?.chunks.reduce((sum, chunk) => sum + ('published' in chunk ? chunk.published : 0), 0)).toBe(all);
    expect(place.backfilled).toBe(all);
    expect(ids(place).size).toBe(all);
    expect(events).toContainEqual(expect.objectContaining({ message: 'test runs the job, and does the backfill between its polls' }));
    expect(events.filter(({ type }) => type === 'backfill.chunk')).toHaveLength(2);

    const told = place.events.map((event) => (event.type === 'job.notice' ? event.message : event.type));
    const from = told.indexOf('does the backfill that command asks for, between its polls');
    const to = told.indexOf(`the backfill that command asked for is done, ${all} rows`);
    expect([from >= 0, to > from]).toEqual([true, true]);
    expect(told.slice(from, to).filter((type) => type === 'cycle.end').length).toBeGreaterThan(3);
    expect(await place.engine.store.requests.find('orders')).toBeNull();

    await settled(place);
    expect(wentBack(place)).toBe(0);
  });

  it('reads as many chunks at a time as it was told, within the places of the source', async () => {
    const place = await table();
    await using _runner = await runner(place);
    const [report] = await command(place).run({ parallel: 3 });
    expect(report).toMatchObject({ published: all });
    expect(place.most).toBe(2);
    expect(ids(place).size).toBe(all);
  });

  it('stops when it is withdrawn, within a slice, and is gone on with by --resume', async () => {
    hurried();
    const place = await table();
    await using _runner = await runner(place);
    const stop = new AbortController();
    const first = command(place);
    const running = first.run({}, stop.signal);
    running.catch(() => undefined);
    await vi.waitFor(() => expect(place.backfilled).toBeGreaterThan(0), { interval: 1, timeout: 20_000 });
    stop.abort(new Error('interrupted'));
    await expect(running).rejects.toThrow('interrupted');
    await place.event((event) => event.type === 'job.notice' && /asked for has stopped, after \d+ rows/.test(event.message));
    const begun = await place.engine.store.loadBackfill('orders');
    expect(begun !== null && !isFinished(begun)).toBe(true);
    const done = place.backfilled;
    expect(done).toBeLessThan(all);
    expect(first.events).toContainEqual(
      expect.objectContaining({ type: 'job.warning', message: expect.stringMatching(/stopped with \d of 2 chunks done/) }),
    );

    const second = command(place, 'second');
    await expect(second.run()).rejects.toMatchObject({ code: 'LIB503' });
    await second.run({ resume: true });
    expect(place.backfilled).toBe(all);
    expect(ids(place).size).toBe(all);
    await settled(place);
    expect(wentBack(place)).toBe(0);
  });

  it('that fails is told of with the runner’s error; the job polls on without one', async () => {
    hurried();
    const place = await table();
    await using _runner = await runner(place);
    place.fails = 3500;
    await expect(command(place).run()).rejects.toMatchObject({ code: 'LIB901', message: 'broken', place: { job: 'orders' } });
    const failed = place.events.length;
    await place.event((event) => event.type === 'cycle.end' && place.events.indexOf(event) >= failed);
    expect(place.events.filter((event) => event.type === 'cycle.end' && event.report.outcome !== 'ok')).toEqual([]);
    place.fails = null;
    const [report] = await command(place).run({ resume: true });
    expect(report?.published).toBeLessThan(all);
    expect(ids(place).size).toBe(all);
  });

  it('is gone on with by the command itself when the runner stops', async () => {
    hurried();
    const place = await table();
    const running = await runner(place);
    const { events, run } = command(place);
    const result = run();
    await vi.waitFor(() => expect(place.backfilled).toBeGreaterThan(0), { interval: 1, timeout: 20_000 });
    await running[Symbol.asyncDispose]();
    expect(place.backfilled).toBeLessThan(all);
    const [report] = await result;
    expect(events).toContainEqual(expect.objectContaining({ message: 'its lease is free: this command goes on with the backfill itself' }));
    expect(report?.published).toBeGreaterThanOrEqual(all - 1000);
    expect(ids(place).size).toBe(all);
    expect(wentBack(place)).toBe(0);
    const kept = await place.engine.store.loadBackfill('orders');
    expect(kept !== null && isFinished(kept)).toBe(true);
  });

  it('begun before there was a runner is left to the one that comes, after the page in hand', async () => {
    const place = await table();
    const { store } = place.engine;
    const renew = store.renew.bind(store);
    let wanted = (): void => undefined;
    place.gate = new Promise<void>((resolve) => {
      wanted = resolve;
    });
    vi.spyOn(store, 'renew').mockImplementation(async (...lease) => {
      const told = await renew(...lease);
      // The holder is told in the same turn, before the page ends.
      if (told !== 'lost' && told.wanted) setImmediate(wanted);
      return told;
    });
    const { events, run } = command(place);
    const result = run();
    await vi.waitFor(() => expect(place.backfilled).toBeGreaterThan(0), { interval: 1, timeout: 20_000 });
    await using _runner = await runner(place);
    expect(place.backfilled).toBeLessThan(all);
    const [report] = await result;
    const told = events.flatMap((event) => (event.type === 'job.notice' ? [event.message] : []));
    expect(told).toContain('a runner waits for the job: it is given the lease, and asked for the rest');
    expect(told).toContain('test runs the job, and does the backfill between its polls');
    expect([report?.published, place.backfilled, ids(place).size, place.most]).toEqual([all, all, all, 1]);
    await settled(place);
    expect(wentBack(place)).toBe(0);
  });

  it('is refused by the runner where it runs another job by that name', async () => {
    const place = await table();
    await using _runner = await runner(place);
    const other = job({ ...orders, topic: 'elsewhere' });
    await expect(command(place).run({}, never, other)).rejects.toMatchObject({
      code: 'LIB504',
      message: 'the topic was elsewhere when it was begun, and is orders',
    });
    expect(place.backfilled).toBe(0);
  });

  it('goes one at a time: a second command is told of the first', async () => {
    const place = await table();
    await using _runner = await runner(place);
    const asked = { by: 'first', parallel: 1, backfill: { ...(await whole(place)), chunks: [] } };
    // Its asker listens no more, and its time is long.
    await place.engine.store.requests.ask('orders', asked, 600_000);
    await expect(command(place).run()).rejects.toMatchObject({
      code: 'LIB406',
      message: expect.stringContaining('another command has asked it'),
    });
  });
});

/** A backfill as a command begins it. */
async function whole({ engine }: Place): Promise<NonNullable<Awaited<ReturnType<Engine['store']['loadBackfill']>>>> {
  const { store } = await table().then((other) => other.engine);
  await backfillJob({ ...engine, store, observer: () => undefined }, orders, plain, never);
  const state = await store.loadBackfill('orders');
  if (state === null) throw new Error('it has kept nothing');
  return state;
}

describe('a backfill of a job whose holder does not answer', () => {
  const ttlMs = 15_000;

  it('is refused after the time of three renewals and one', async () => {
    const place = await table();
    const { store, clock } = place.engine;
    await store.acquire('orders', 'older', 600_000);
    const began = clock.now();
    await expect(command(place).run()).rejects.toMatchObject({
      code: 'LIB406',
      exit: 4,
      message: 'older holds the lease and does not answer: it is no runner of this version',
    });
    expect(clock.now() - began).toBeGreaterThanOrEqual(ttlMs);
    expect(clock.now() - began).toBeLessThan(2 * ttlMs);
    expect(await store.requests.find('orders')).toBeNull();
  });

  it('waits for it where it was told to, and then does it itself', async () => {
    const place = await table();
    const { store } = place.engine;
    const got = await store.acquire('orders', 'older', 600_000);
    const running = command(place).run({ wait: true });
    await place.engine.clock.sleep(4 * ttlMs, never);
    expect(place.backfilled).toBe(0);
    if (got.ok) await store.release('orders', got.fence);
    expect((await running)[0]?.published).toBe(all);
  });

  it('does it itself as soon as the holder has died', async () => {
    const place = await table();
    await place.engine.store.acquire('orders', 'dead', ttlMs);
    expect((await command(place).run())[0]?.published).toBe(all);
  });
});
