import { describe, expect, it } from 'vitest';
import { runJobs } from '../../src/engine/run.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import type { Shape } from '../../src/model/column.ts';
import { batchOfRows, type Row, type RowBatch, rowsOf } from '../../src/model/row.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import { column } from '../schema/column.ts';
import { job, shape } from './job.ts';
import { batchOf, scripted } from './scripted.ts';

const once = { once: true, waitForLease: true };
const scheduled = { once: false, waitForLease: true };
const never = new AbortController().signal;
const ended = (event: LiberateEvent): boolean => event.type === 'cycle.end' && event.report.outcome === 'ok';
const named = (name: string) => job({ name, topic: name });

describe('a run', () => {
  it('publishes what a job reads and ends, told to do so once', async () => {
    const { engine, sink } = await scripted(async function* () {
      yield batchOf(1, 2, 3);
    });
    const { failures } = await runJobs(engine, [named('orders')], once, never);
    expect(failures.size).toBe(0);
    expect(sink.records('orders').map(({ key }) => String(key))).toEqual(['{"id":1}', '{"id":2}', '{"id":3}']);
  });

  it('tries a transient failure again with growing waits, and then goes on', async () => {
    let tries = 0;
    const { engine, events, sink } = await scripted(async function* () {
      tries += 1;
      if (tries <= 3) throw new LiberateError('LIB210', 'cut');
      yield batchOf(1);
    });
    const { failures } = await runJobs(engine, [named('orders')], once, never);
    expect(failures.size).toBe(0);
    expect(events.flatMap((event) => (event.type === 'cycle.retry' ? [event.delayMs] : []))).toEqual([375, 750, 1500]);
    expect(sink.records('orders')).toHaveLength(1);
  });

  it('gives up after the retries, and does not try a permanent failure again', async () => {
    for (const [code, tries] of [
      ['LIB210', 4],
      ['LIB207', 1],
    ] as const) {
      let read = 0;
      // biome-ignore lint/correctness/useYield: a read that only fails
      const { engine, events } = await scripted(async function* () {
        read += 1;
        throw new LiberateError(code, 'no');
      });
      const { failures } = await runJobs(engine, [named('orders')], once, never);
      expect(failures.get('orders')).toMatchObject({ code, place: { job: 'orders' } });
      expect(read).toBe(tries);
      expect(events.findLast(({ type }) => type === 'cycle.end')).toMatchObject({ report: { outcome: 'failed', code } });
    }
  });

  it('goes on from its mark after a failure in the middle', async () => {
    const windows: string[] = [];
    const { engine, sink } = await scripted(async function* (request) {
      windows.push(request.window.kind);
      if (request.page !== null) return;
      for (let id = 1; id <= 12_000; id += 500) yield batchOf(...Array.from({ length: 500 }, (_, at) => id + at));
      if (windows.length === 1) throw new LiberateError('LIB210', 'cut');
    });
    await runJobs(engine, [{ ...named('orders'), batch: 20_000 }], once, never);
    expect(windows.slice(0, 2)).toEqual(['all', 'after']);
    // What had not been sent when the read failed is read again, and nothing is left out.
    expect(new Set(sink.records('orders').map(({ key }) => String(key))).size).toBe(12_000);
  });

  it('does not let the failure of one job stop another', async () => {
    const controller = new AbortController();
    const { engine, event, events } = await scripted(async function* (request) {
      if (request.where === 'broken') throw new LiberateError('LIB207', 'no');
      yield batchOf(1);
    });
    const running = runJobs(engine, [{ ...named('broken'), where: 'broken' }, named('fine')], scheduled, controller.signal);
    await event(() => events.filter((one) => ended(one)).length >= 3);
    controller.abort();
    const { failures } = await running;
    expect([...failures.keys()]).toEqual(['broken']);
    expect(events.filter((one) => one.type === 'cycle.end' && one.report.job === 'broken').length).toBeGreaterThan(1);
  });

  it('bounds the cycles that run at once on a source', async () => {
    let now = 0;
    let most = 0;
    const { engine } = await scripted(
      async function* () {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
        yield batchOf(1);
      },
      { pool: 2 },
    );
    await runJobs(
      engine,
      Array.from({ length: 9 }, (_, at) => named(`job-${at}`)),
      once,
      never,
    );
    expect(most).toBe(2);
  });

  it('ends a cycle that runs longer than its timeout', async () => {
    const { engine } = await scripted(async function* (_request, signal) {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    });
    const { failures } = await runJobs(engine, [{ ...named('slow'), timeout: 30, retries: 0 }], once, never);
    expect(failures.get('slow')).toMatchObject({ code: 'LIB502' });
  });

  it('counts an interval from the end of the cycle before', async () => {
    const controller = new AbortController();
    const { engine, events, event } = await scripted(async function* () {
      await engine.clock.sleep(4000, never);
      yield batchOf(1);
    });
    const running = runJobs(engine, [named('orders')], scheduled, controller.signal);
    await event(() => events.filter(ended).length === 3);
    controller.abort();
    await running;
    const reports = events.flatMap((one) => (one.type === 'cycle.end' && one.report.outcome === 'ok' ? [one.report] : []));
    expect(reports[1]?.startedAt).toBe((reports[0]?.endedAt ?? 0) + 10_000);
    expect(reports[2]?.startedAt).toBe((reports[1]?.endedAt ?? 0) + 10_000);
  });

  it('looks at the relation once, however many polls follow', async () => {
    let looks = 0;
    const stop = new AbortController();
    const { engine, event, events } = await scripted(
      async function* () {
        yield batchOf(1);
      },
      {
        described: () => {
          looks += 1;
        },
      },
    );
    const running = runJobs(engine, [named('orders')], scheduled, stop.signal);
    await event((one) => ended(one) && events.filter(ended).length >= 20);
    stop.abort();
    await running;
    expect(looks).toBe(1);
  });

  it('skips the ticks that come while a cycle runs, as one, or runs one of them at once', async () => {
    for (const overlap of ['skip', 'queue'] as const) {
      const controller = new AbortController();
      const cadence = { kind: 'cron', expression: '* * * * *', timezone: 'UTC' } as const;
      const { engine, events, event } = await scripted(async function* () {
        await engine.clock.sleep(150_000, never);
        yield batchOf(1);
      });
      const running = runJobs(engine, [{ ...named('orders'), cadence, overlap }], scheduled, controller.signal);
      await event(() => events.filter(ended).length === 2);
      controller.abort();
      await running;
      const reports = events.flatMap((one) => (one.type === 'cycle.end' ? [one.report] : []));
      const cycles = reports.filter(({ outcome }) => outcome === 'ok');
      const gap = (cycles[1]?.startedAt ?? 0) - (cycles[0]?.endedAt ?? 0);
      const skipped = reports.filter(({ outcome, reason }) => outcome === 'skipped' && reason === 'overlap');
      if (overlap === 'queue') expect([gap, skipped.length]).toEqual([0, 0]);
      else {
        // From the tick at minute 0 it ran to 2:30: the ticks at 1 and 2 are one skip, and 3 is the next.
        expect(gap).toBe(30_000);
        expect(skipped.length).toBeGreaterThanOrEqual(1);
      }
    }
  });

  it('refuses two tables that a template sends to one topic', async () => {
    const { engine } = await scripted(async function* () {
      yield batchOf(1);
    });
    const { failures } = await runJobs(
      engine,
      [
        { ...named('a'), topic: 'same' },
        { ...named('b'), topic: 'same' },
      ],
      once,
      never,
    );
    expect([...failures.values()]).toMatchObject([{ code: 'LIB304' }]);
  });

  it('ends at once when another runner holds a job and it is not to wait', async () => {
    const { engine } = await scripted(async function* () {
      yield batchOf(1);
    });
    await engine.store.acquire('held', 'another', 60_000);
    const { failures } = await runJobs(engine, [named('held'), named('free')], { once: false, waitForLease: false }, never);
    expect(failures.get('held')).toMatchObject({ code: 'LIB406', exit: 4 });
  });

  it('makes the same bytes of a row whether it came by the load or by a poll', async () => {
    let polls = 0;
    const { engine, sink } = await scripted(async function* (request) {
      polls += 1;
      if (polls === 2 && request.window.kind === 'all') return;
      yield batchOf(7);
    });
    await runJobs(engine, [named('loaded')], once, never);
    await runJobs(engine, [named('polled')], once, never);
    await runJobs(engine, [named('polled')], once, never);
    const [loaded] = sink.records('loaded');
    const [polled] = sink.records('polled');
    expect(sink.records('polled')).toHaveLength(1);
    expect([polled?.key, polled?.value, polled?.timestamp]).toEqual([loaded?.key, loaded?.value, loaded?.timestamp]);
  });
});

describe('a relation that changes while its job runs', () => {
  const more = (): Shape => ({ ...shape({ columns: [...shape().columns, column('note', 'text', 'text')] }), version: 'two' });
  const changed = () => new LiberateError('LIB215', 'other columns');

  /** A source that is described by turns, whose every page says whether its relation is still the one that was asked for. */
  const changing = async (shapes: readonly (Shape | LiberateError)[], rows: (request: ReadRequest) => RowBatch) => {
    let now = 0;
    let looks = 0;
    const made = await scripted(
      async function* (request) {
        const batch = rows(request);
        const at = shapes[now];
        yield {
          ...batch,
          confirm: async () => void (at instanceof LiberateError || at?.version !== request.version ? fail(changed()) : null),
        };
      },
      {
        source: {
          describe: async () => {
            looks += 1;
            const at = shapes[now];
            if (at instanceof LiberateError) throw at;
            return at as Shape;
          },
        },
      },
    );
    return {
      ...made,
      /** DDL. */
      change: () => {
        now += 1;
      },
      looks: () => looks,
    };
  };
  const fail = (error: Error): never => {
    throw error;
  };
  const rowOf = (request: ReadRequest, id: number): RowBatch => {
    const [row] = rowsOf(batchOf(id)) as readonly [Row];
    const values = request.columns.map((_, at) => row.values[at] ?? 'new');
    return batchOfRows([{ ...row, values }], row.position);
  };
  const reported = (events: readonly LiberateEvent[]) => events.flatMap((event) => (event.type === 'cycle.end' ? [event.report] : []));

  it('is looked at again before the first of its rows leaves, and the job goes on from its mark, in one cycle', async () => {
    let id = 0;
    const stop = new AbortController();
    const { engine, events, event, sink, change, looks } = await changing([{ ...shape(), version: 'one' }, more()], (request) => {
      id += 1;
      if (id === 3) change();
      return rowOf(request, id);
    });
    const running = runJobs(engine, [named('orders')], scheduled, stop.signal);
    await event(() => reported(events).length >= 4);
    stop.abort();
    await running;
    const fields = sink.records('orders').map(({ value }) => Object.keys(JSON.parse(String(value))).join());
    expect(fields.slice(0, 2)).toEqual(['id,updated_at,paid', 'id,updated_at,paid']);
    expect(new Set(fields.slice(2))).toEqual(new Set(['id,updated_at,paid,note']));
    expect(
      reported(events)
        .slice(0, 4)
        .map(({ outcome }) => outcome),
    ).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(looks()).toBe(2);
  });

  it('is not asked about by a poll of which nothing leaves', async () => {
    let asked = 0;
    const stop = new AbortController();
    const { engine, event, events } = await scripted(async function* () {
      // The row of the mark's own stamp, met again by each poll.
      yield {
        ...batchOf(1),
        ahead: () => events.filter(ended).length === 0,
        recent: () => true,
        confirm: async () => {
          asked += 1;
        },
      };
    });
    const running = runJobs(engine, [named('orders')], scheduled, stop.signal);
    await event(() => events.filter(ended).length >= 20);
    stop.abort();
    await running;
    expect(asked).toBe(1);
  });

  it('stops the job where it cannot be gone on with, and mended there lets it go on by itself', async () => {
    const broken = new LiberateError('LIB204', 'the cursor column "updated_at" does not exist');
    let id = 0;
    const stop = new AbortController();
    const { engine, events, event, sink, change } = await changing([{ ...shape(), version: 'one' }, broken, more()], (request) => {
      id += 1;
      if (id === 2) change();
      return rowOf(request, id);
    });
    const running = runJobs(engine, [named('orders')], scheduled, stop.signal);
    await event(() => reported(events).filter(({ code }) => code === 'LIB204').length >= 2);
    expect(sink.records('orders')).toHaveLength(1);
    change();
    await event(() => reported(events).at(-1)?.outcome === 'ok');
    stop.abort();
    await running;
    expect(JSON.parse(String(sink.records('orders')[1]?.value))).toHaveProperty('note');
  });

  it('is told as a failure that is tried again where it changes faster than it can be read', async () => {
    let version = 0;
    const { engine } = await scripted(
      async function* () {
        yield { ...batchOf(1), confirm: async () => fail(changed()) };
      },
      { source: { describe: async () => ({ ...shape(), version: String(version++) }) } },
    );
    const { failures } = await runJobs(engine, [named('orders')], once, never);
    expect(failures.get('orders')).toMatchObject({ code: 'LIB215', transient: true });
  });
});
