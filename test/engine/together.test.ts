import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runJobs } from '../../src/engine/run.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import { PackedRows } from '../../src/model/packed-rows.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import type { SmallPage } from '../../src/source/source.ts';
import { job } from './job.ts';
import { batchOf, type Scripted, scripted } from './scripted.ts';

const one = job({ topic: 'orders', cadence: { kind: 'every', ms: 1000 }, nulls: 'error' });
const outcomes = (events: readonly LiberateEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'cycle.end' ? [event.report.outcome] : event.type === 'cycle.retry' ? ['retry'] : []));

const idsAfter = ({ window }: ReadRequest, ids: readonly number[]): readonly number[] =>
  window.kind === 'after' ? ids.filter((id) => id > Number(window.mark[1])) : ids;

/** A job over a list of ids. `answer`: what it gets for each page that it asks for together with others, by its number; undefined: what there is. */
async function run(
  answer: (asked: number, world: World) => Promise<'apart' | undefined> | 'apart' | undefined,
  polls: number,
): Promise<World> {
  const stop = new AbortController();
  const world: World = { ids: [1, 2, 3], reads: 0, asked: 0, made: null };
  const made = await scripted(
    async function* (request) {
      world.reads += 1;
      const found = idsAfter(request, world.ids);
      if (found.length > 0) yield batchOf(...found);
    },
    {
      pool: 1,
      together: async (request): Promise<SmallPage | null | 'apart'> => {
        world.asked += 1;
        const apart = await answer(world.asked, world);
        if (world.asked >= polls) stop.abort();
        if (apart !== undefined) return apart;
        const found = idsAfter(request, world.ids);
        return found.length === 0 ? null : { packed: new PackedRows([], 1), rows: () => batchOf(...found) };
      },
    },
  );
  world.made = made;
  await runJobs(made.engine, [one], { once: false, waitForLease: true }, stop.signal);
  return world;
}

interface World {
  ids: number[];
  /** Pages that were read by the job itself. */
  reads: number;
  asked: number;
  made: Scripted | null;
}

const published = ({ made }: World): readonly unknown[] => made?.sink.records('orders').map(({ key }) => String(key)) ?? [];

describe('a job that finds nothing', () => {
  it('asks together with others from then on, and publishes what it finds so, without reading it again', async () => {
    const world = await run((asked, { ids }) => {
      if (asked === 3) ids.push(4);
      return undefined;
    }, 6);
    expect(world.reads).toBe(2);
    expect(published(world)).toHaveLength(4);
  });

  it('tells of a cycle that goes on from what was found so that it began when it asked, not when it had the answer', async () => {
    const asked: number[] = [];
    const never = new AbortController().signal;
    const world = await run(async (number, { ids, made }) => {
      const clock = made?.engine.clock;
      if (number !== 3 || clock === undefined) return undefined;
      ids.push(4);
      asked.push(clock.now());
      await clock.sleep(40, never);
      asked.push(clock.now());
      return undefined;
    }, 6);
    const [at, answered] = asked as [number, number];
    expect(answered).toBeGreaterThan(at);
    const reports = world.made?.events.flatMap((event) => (event.type === 'cycle.end' ? [event.report] : [])) ?? [];
    expect(reports.find(({ published }) => published === 1)).toMatchObject({ startedAt: at });
  });

  it('reads by itself where it is told to, or where asking fails, which is no failure of its own', async () => {
    const world = await run((asked, { ids }) => {
      ids.push(ids.length + 1);
      if (asked === 1) return 'apart';
      if (asked === 2) throw new LiberateError('LIB210', 'the connection was lost');
      return undefined;
    }, 4);
    expect(published(world).length).toBeGreaterThanOrEqual(5);
    expect(outcomes(world.made?.events ?? []).filter((outcome) => outcome !== 'ok' && outcome !== 'stopped')).toEqual([]);
  });

  it('publishes what it finds together with others only where there is a place for it, and reads it anew where it had to wait', async () => {
    const late: Promise<void>[] = [];
    const world = await run((asked, { ids, made }) => {
      const limiter = made?.engine.source(one).limiter;
      if (asked === 2 && limiter !== undefined) {
        ids.push(4);
        expect(limiter.tryEnter()).toBe(true);
        const holding = async (): Promise<void> => {
          for (let turn = 0; turn < 300; turn += 1) await nextTurn();
          // It was not published meanwhile, and another row has come.
          expect(made?.sink.records('orders')).toHaveLength(3);
          ids.push(5);
          limiter.leave();
        };
        late.push(holding());
      }
      return undefined;
    }, 4);
    await Promise.all(late);
    expect(late).toHaveLength(1);
    expect(published(world)).toHaveLength(5);
  });
});
