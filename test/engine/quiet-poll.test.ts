import { describe, expect, it } from 'vitest';
import { runJobs } from '../../src/engine/run.ts';
import { PackedRows } from '../../src/model/packed-rows.ts';
import type { RowBatch } from '../../src/model/row.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import type { SmallPage } from '../../src/source/source.ts';
import { packedRowsOf } from '../support/rows.ts';
import { job, shape } from './job.ts';
import { batchOf, scripted } from './scripted.ts';

const same = { form: 'same', decode: null } as const;
const stamp = '2026-01-01 00:00:03+00';

/** The newest row, as a look-back meets it again. */
function newest(paid: string): SmallPage {
  const rows = packedRowsOf([['3', '2026-01-01T00:00:03Z', paid]], [same, same, same]);
  const batch: RowBatch = { ...rows, position: () => [stamp, '3'], lead: () => stamp, ahead: () => false };
  return { packed: rows.packed ?? new PackedRows([], 0), rows: () => batch };
}

interface Poll {
  readonly request: ReadRequest;
  /** Transactions below this had ended when it looked. */
  readonly below: bigint;
  /** Its rows were met, one by one. */
  met: boolean;
}

/** Polls of a PostgreSQL table whose rows tell who wrote them; the server gives numbers to transactions all the time. `paid`: of the newest row, by the poll. */
async function pollsOf(paid: (poll: number) => string, count: number) {
  const stop = new AbortController();
  const polls: Poll[] = [];
  let below = 100n;
  let now = 1_800_000_000_000_000n;
  const made = await scripted(
    async function* ({ window }) {
      if (window.kind !== 'after') yield batchOf(1, 2, 3);
    },
    {
      together: async (request) => {
        const poll: Poll = { request, below, met: false };
        polls.push(poll);
        if (polls.length >= count) stop.abort();
        const page = newest(paid(polls.length));
        const rows = (): RowBatch | null => {
          poll.met = true;
          return page.rows();
        };
        return { ...page, rows };
      },
      source: {
        describe: async () => shape({ rowVersions: '16384' }),
        horizon: async () => {
          now += 1_000_000n;
          below += 7n;
          return { now, floor: now - 1_000_000n, method: 'script', ended: { server: 's', below } };
        },
      },
    },
  );
  await runJobs(
    made.engine,
    [job({ topic: 'orders', cadence: { kind: 'every', ms: 1000 } })],
    { once: false, waitForLease: true },
    stop.signal,
  );
  return { polls, values: made.sink.records('orders').map(({ value }) => String(value)) };
}

describe('a quiet poll of a table whose rows tell who wrote them', () => {
  it('meets no row whose bytes it has met twice, and asks for what later transactions wrote all the same', async () => {
    const { polls, values } = await pollsOf(() => '1.50', 12);
    expect(polls.map(({ met }) => met)).toEqual([true, true, ...Array.from({ length: 10 }, () => false)]);
    for (const [at, { request }] of polls.entries()) {
      const before = polls[at - 1];
      if (before === undefined) continue;
      expect(request.window).toMatchObject({ kind: 'after', tied: true, fresh: { table: '16384', below: before.below } });
    }
    expect(values).toHaveLength(3);
  });

  it('publishes a row of the same stamp with other bytes, and one that is as it was before that', async () => {
    const { polls, values } = await pollsOf((poll) => (poll === 6 ? '2.50' : '1.50'), 12);
    expect(polls[5]?.met && polls[6]?.met).toBe(true);
    expect(polls.at(-1)?.met).toBe(false);
    expect(values.slice(3).map((value) => (JSON.parse(value) as { paid: unknown }).paid)).toEqual([2.5, 1.5]);
  });
});
