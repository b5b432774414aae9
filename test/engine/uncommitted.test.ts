import { describe, expect, it } from 'vitest';
import { runJobs } from '../../src/engine/run.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import { batchOfRows, type RowBatch } from '../../src/model/row.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import { job } from './job.ts';
import { type Scripted, scripted } from './scripted.ts';

const byId = job({ topic: 'orders', cursor: ['id'], where: 'paid > 0', lookback: 1_000, retries: 0 });
const second = 1_000_000n;

/** A table with rows of open transactions, which nobody sees but by asking for their rows. */
class Table {
  readonly committed = new Set<number>();
  readonly open = new Set<number>();
  readonly asked: ReadRequest[] = [];
  now = 100n * second;
  hidden = true;
  /** Runs between the question and the read that follows it. */
  meanwhile = (): void => {};

  commit(id: number): void {
    this.open.delete(id);
    this.committed.add(id);
  }

  *uncommitted(request: ReadRequest): Generator<RowBatch> {
    this.asked.push(request);
    const ids = [...this.committed, ...this.open].filter((id) => wanted(request, id));
    if (ids.length > 0) yield batch(request, ids);
    this.meanwhile();
  }

  *read(request: ReadRequest): Generator<RowBatch> {
    const ids = [...this.committed].filter((id) => wanted(request, id));
    if (ids.length > 0) yield batch(request, ids);
  }
}

function wanted({ window, page }: ReadRequest, id: number): boolean {
  if (page !== null && id <= Number(page[0])) return false;
  if (window.kind !== 'gaps' && window.kind !== 'ids') return true;
  if (window.kind === 'gaps' && id > Number(window.mark[0])) return true;
  return window.gaps.some(({ from, to }) => (from === null || id >= Number(from)) && id <= Number(to));
}

function batch({ window, columns }: ReadRequest, ids: readonly number[]): RowBatch {
  const ahead = (id: number): boolean => window.kind !== 'gaps' || id > Number(window.mark[0]);
  const values = (id: number): string[] => [String(id), '2026-01-01T00:00:00Z', '1.50'].slice(0, columns.length);
  const rows = ids.toSorted((a, b) => a - b).map((id) => ({ values: values(id), position: [String(id)], ahead: ahead(id), recent: false }));
  return batchOfRows(rows, rows.at(-1)?.position ?? null);
}

interface World {
  readonly table: Table;
  readonly made: Scripted;
  /** A process that polls each two seconds, twice the look-back; `before` is called ahead of each poll, with its number from 1. */
  run(polls: number, before?: (poll: number) => void): Promise<void>;
  published(): readonly number[];
  gaps(): Promise<readonly unknown[]>;
}

/** Ids 1 and 4 are committed; 2 and 3 are missing. */
async function begun(open: readonly number[], asks = true): Promise<World> {
  const table = new Table();
  let ahead = (): void => {};
  const made = await scripted(
    async function* (request) {
      yield* table.read(request);
    },
    {
      source: {
        horizon: async () => {
          ahead();
          table.now += 2n * second;
          return { now: table.now, floor: table.now - second, method: 'lookback 1s', hidden: table.hidden };
        },
        uncommitted: asks
          ? async function* (request) {
              yield* table.uncommitted(request);
            }
          : null,
      },
    },
  );
  for (const id of open) table.open.add(id);
  for (const id of [1, 4]) table.committed.add(id);
  return {
    table,
    made,
    run: async (polls, before = () => {}) => {
      const stop = new AbortController();
      let poll = -1;
      ahead = () => {
        // The first look is the introduction's.
        poll += 1;
        if (poll > polls) stop.abort();
        else if (poll > 0) before(poll);
      };
      await runJobs(made.engine, [byId], { once: false, waitForLease: true }, stop.signal);
    },
    published: () => made.sink.records('orders').map(({ key }) => (JSON.parse(String(key)) as { readonly id: number }).id),
    gaps: async () => (await made.engine.store.load('orders'))?.gaps ?? [],
  };
}

describe('an id that is missing for longer than the look-back, its transaction hidden', () => {
  it('is waited for as long as its row stands there uncommitted, and is published when that is committed', async () => {
    const { table, run, published } = await begun([3]);
    await run(25, (poll) => {
      if (poll !== 20) return;
      expect(published()).toEqual([1, 4]);
      table.commit(3);
    });
    expect(published()).toEqual([1, 4, 3]);
  });

  it('is lost to a source that cannot be asked', async () => {
    const { table, run, published } = await begun([3], false);
    await run(25, (poll) => {
      if (poll === 20) table.commit(3);
    });
    expect(published()).toEqual([1, 4]);
  });

  it('is given up after its roll-back, and asked for no more', async () => {
    const { table, made, run, gaps } = await begun([3]);
    let asked = 0;
    await run(16, (poll) => {
      // What a poll knows of its gaps is saved when there is something to publish, or when there are fewer.
      if (poll === 8) table.committed.add(5);
      if (poll === 10) table.open.delete(3);
      if (poll === 14) asked = table.asked.length;
    });
    expect(made.sink.records('orders')).toHaveLength(3);
    expect(asked).toBeGreaterThan(2);
    expect([await gaps(), table.asked.length]).toEqual([[], asked]);
  });

  it('is published once when it is committed between the question and the read', async () => {
    const { table, run, published } = await begun([3]);
    table.meanwhile = () => table.commit(3);
    await run(8);
    expect(published()).toEqual([1, 4, 3]);
  });

  it('is not forgotten when a poll is cut short behind the question, nor by the next process', async () => {
    const { table, run, published } = await begun([3]);
    let cuts = 0;
    table.meanwhile = () => {
      cuts += 1;
      if (cuts % 2 === 1) throw new LiberateError('LIB210', 'cut');
    };
    await run(12, (poll) => {
      if (poll === 8) table.committed.add(5);
    });
    await run(12, (poll) => {
      if (poll === 10) table.commit(3);
    });
    expect(cuts).toBeGreaterThan(4);
    expect(published()).toEqual([1, 4, 5, 3]);
  });

  it('is asked for by its gap alone, whatever the row holds, and not before it would be given up', async () => {
    const { table, run } = await begun([3]);
    await run(1);
    expect(table.asked).toEqual([]);
    await run(4);
    expect(table.asked[0]).toMatchObject({ columns: [], where: null, key: [], cursor: [{ name: 'id' }] });
    const gaps = [
      { from: null, to: '0' },
      { from: '2', to: '3' },
    ];
    expect(table.asked[0]?.window).toEqual({ kind: 'ids', gaps });
  });

  it('is not asked for where open transactions are seen', async () => {
    const { table, run } = await begun([3]);
    table.hidden = false;
    await run(8);
    expect(table.asked).toEqual([]);
  });
});
