import { describe, expect, it } from 'vitest';
import { backfillJob } from '../../src/engine/backfill.ts';
import type { BackfillOptions } from '../../src/engine/backfill-options.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { BackfillState } from '../../src/model/backfill.ts';
import type { Job } from '../../src/model/job.ts';
import type { RowBatch } from '../../src/model/row.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import { job, wholeBackfill as plain } from './job.ts';
import { batchOf, type Scripted, scripted } from './scripted.ts';

const never = new AbortController().signal;
const orders = job({ name: 'orders', topic: 'orders' });
const all = 40_000;

/** A table of the ids 1 to 40,000, in pages and pieces as a source gives them. `fails`: a row at which each read does. */
async function table(
  options: { fails?: number; pool?: number } = {},
): Promise<Scripted & { fails: number | null; most: number; reading: number }> {
  const place = { fails: options.fails ?? null, most: 0, reading: 0 };
  const within = ({ page, until }: ReadRequest): readonly [number, number] => [Number(page?.at(-1) ?? 0), Number(until?.at(-1) ?? all)];
  async function* read(request: ReadRequest): AsyncGenerator<RowBatch> {
    const [after, last] = within(request);
    place.reading += 1;
    place.most = Math.max(place.most, place.reading);
    try {
      let left = request.limit ?? all;
      for (let id = after + 1; id <= last && left > 0; id += 250) {
        const count = Math.min(250, last - id + 1, left);
        if (place.fails !== null && place.fails >= id && place.fails < id + count) throw new Error('broken');
        left -= count;
        yield keyed(request, batchOf(...Array.from({ length: count }, (_, at) => id + at)));
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      place.reading -= 1;
    }
  }
  const made = await scripted(read, { pool: options.pool ?? 5 });
  const source = {
    ...made.engine.source(orders).source,
    estimate: async () => all,
    nth: async (request: ReadRequest) => {
      const id = within(request)[0] + (request.limit ?? 1);
      return id > all ? null : request.cursor.length === 0 ? [String(id)] : [`2026-01-01 00:00:00+00`, String(id)];
    },
  };
  const use = { ...made.engine.source(orders), source };
  const engine: Engine = { ...made.engine, source: () => use };
  return Object.assign(place, { ...made, engine });
}

/** Positions of a read in key order are the key alone. */
function keyed(request: ReadRequest, batch: RowBatch): RowBatch {
  return request.cursor.length > 0 ? batch : { ...batch, position: (at) => batch.position(at).slice(1) };
}

const begun = (engine: Engine): Promise<BackfillState | null> => engine.store.loadBackfill('orders');
const backfill = (engine: Engine, some: Partial<BackfillOptions> = {}, of: Job = orders) =>
  backfillJob(engine, of, { ...plain, ...some }, never);

describe('a backfill in chunks', () => {
  it('publishes every row once, so many chunks at a time as it was told', async () => {
    const place = await table();
    const { engine, sink } = place;
    const [report] = await backfill(engine, { parallel: 3 });
    expect(new Set(sink.records('orders').map(({ key }) => String(key))).size).toBe(all);
    expect(sink.records('orders')).toHaveLength(all);
    expect(report?.published).toBe(all);
    expect(report?.chunks.length).toBeGreaterThanOrEqual(8);
    expect(place.most).toBe(3);
  });

  it('refuses more at a time than the pool has connections, less one', async () => {
    const { engine } = await table({ pool: 3 });
    await expect(backfill(engine, { parallel: 3 })).rejects.toMatchObject({ code: 'LIB110', cure: expect.stringContaining('at most 2') });
    await expect(backfill(engine, { parallel: 0 })).rejects.toMatchObject({ code: 'LIB110' });
    const { engine: narrow } = await table({ pool: 1 });
    expect((await backfill(narrow))[0]?.published).toBe(all);
  });

  it('that failed is refused until it is resumed or given up, and resumed does only what is not done', async () => {
    const place = await table({ fails: 12_345 });
    const { engine, sink } = place;
    await expect(backfill(engine, { parallel: 2 })).rejects.toThrow('broken');
    const sent = sink.records('orders').length;
    const before = (await begun(engine)) as BackfillState;
    const done = before.chunks.filter((chunk) => chunk.done).length;
    expect([done > 0, done < before.chunks.length]).toEqual([true, true]);
    expect(place.events).toContainEqual(
      expect.objectContaining({ type: 'job.warning', message: `the backfill stopped with ${done} of ${before.chunks.length} chunks done` }),
    );

    place.fails = null;
    await expect(backfill(engine)).rejects.toMatchObject({ code: 'LIB503', message: expect.stringContaining(`done ${done} of`) });
    await expect(backfill(engine, { resume: true, from: '2026-01-01' })).rejects.toMatchObject({ code: 'LIB504' });
    const other = job({ name: 'orders', topic: 'elsewhere' });
    await expect(backfill(engine, { resume: true }, other)).rejects.toMatchObject({
      code: 'LIB504',
      message: 'the topic was orders when it was begun, and is elsewhere',
    });
    expect(sink.records('orders')).toHaveLength(sent);

    const [report] = await backfill(engine, { resume: true, parallel: 3 });
    expect(report?.chunks).toHaveLength(before.chunks.length - done);
    const keys = sink.records('orders').map(({ key }) => String(key));
    expect(new Set(keys).size).toBe(all);
    // Resumed from its mark, not from its chunk's beginning.
    const waste = keys.length - all;
    expect(waste).toBeLessThan(5_000);
    await expect(backfill(engine)).resolves.toHaveLength(1);
  });

  it('given up begins with chunks of its own, and so does one that finds nothing to resume', async () => {
    const place = await table({ fails: 30_000 });
    const { engine, sink, events } = place;
    await expect(backfill(engine)).rejects.toThrow('broken');
    place.fails = null;
    const sent = sink.records('orders').length;
    await backfill(engine, { restart: true });
    expect(sink.records('orders')).toHaveLength(sent + all);
    await backfill(engine, { resume: true });
    expect(sink.records('orders')).toHaveLength(sent + 2 * all);
    expect(events).toContainEqual(expect.objectContaining({ message: expect.stringContaining('no unfinished backfill to resume') }));
  });

  it('only told has no chunk begun', async () => {
    const { engine, sink } = await table();
    const [report] = await backfill(engine, { dryRun: true, parallel: 2 });
    expect(report).toMatchObject({ published: 0, expected: all });
    expect(report?.chunks.slice(0, 2)).toEqual([
      { chunk: 1, range: 'the first … 5000', expected: 5000 },
      { chunk: 2, range: 'after 5000 … 10000', expected: 5000 },
    ]);
    expect([sink.records('orders').length, await begun(engine)]).toEqual([0, null]);
  });

  it('by its cursor reads what may still change last, one chunk after the other', async () => {
    const place = await table();
    const { engine } = place;
    await backfill(engine, { parallel: 4, from: '2026-01-01' });
    // The scripted horizon lies in 1970: every stamp after it may still be written.
    expect(place.most).toBe(1);
    expect(place.events).toContainEqual(expect.objectContaining({ message: expect.stringContaining('rows may still move into them') }));
  });

  it('saves no chunk of one that has lost the lease', async () => {
    const { engine, event } = await table();
    const running = backfill(engine, { parallel: 2 });
    running.catch(() => undefined);
    await event(({ type }) => type === 'job.notice');
    const taken = await engine.store.acquire('orders', 'test', 60_000);
    expect(taken.ok).toBe(true);
    await expect(running).rejects.toMatchObject({ code: 'LIB407' });
    expect((await begun(engine))?.chunks.some((chunk) => chunk.done)).toBe(false);
  });

  it('refuses windows of what is no time', async () => {
    const { engine } = await table();
    await expect(backfill(engine, { window: 'often' })).rejects.toMatchObject({ code: 'LIB110' });
    const ids = job({ name: 'orders', topic: 'orders', cursor: ['id'] });
    await expect(backfill(engine, { window: '1d' }, ids)).rejects.toMatchObject({ message: expect.stringContaining('is bigint') });
  });
});
