import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdTracker } from '../../src/engine/id-tracker.ts';
import { noProgress, type Progress, type Tracker } from '../../src/engine/tracker.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import { batchOfRows, type Row } from '../../src/model/row.ts';
import type { Horizon } from '../../src/model/watermark.ts';
import { calm, history, runPoll, SimulatedTable, type Stored } from './simulated-table.ts';

const numRuns = Number(process.env['LIBERATE_TEST_RUNS'] ?? 2000);

const horizon = (floor: number, now = floor): Horizon => ({ now: BigInt(now), floor: BigInt(floor), method: 'test' });
const row = (id: string, ahead = true): Row => ({ values: [], position: [id], ahead, recent: false });
const nothing = new RecordBatch({}, 64);
function meet(tracker: Tracker, one: Row): boolean {
  const rows = batchOfRows([one], null);
  const leaves = tracker.meet(rows, 0, nothing);
  tracker.met(rows);
  return leaves;
}

describe('a job by ids', () => {
  it('begins with the window that its initial load asks for, then reads past the mark and in the gaps', () => {
    const first = new IdTracker(noProgress, horizon(0), { kind: 'all' });
    expect(first.window).toEqual({ kind: 'all' });
    for (const id of ['5', '6', '9']) expect(meet(first, row(id))).toBe(true);
    const state = first.end();
    expect(state).toEqual({
      mark: ['9'],
      since: null,
      sent: {},
      tied: false,
      gaps: [
        { from: null, to: '4', seen: null },
        { from: '7', to: '8', seen: null },
      ],
    });
    const second = new IdTracker(state, horizon(90, 100), { kind: 'all' });
    expect(second.window).toEqual({
      kind: 'gaps',
      mark: ['9'],
      gaps: [
        { from: null, to: '4' },
        { from: '7', to: '8' },
      ],
    });
    expect([meet(second, row('3', false)), meet(second, row('5', false)), meet(second, row('7', false))]).toEqual([true, false, true]);
    expect(meet(second, row('10'))).toBe(true);
    expect(second.end().gaps).toEqual([
      { from: null, to: '2', seen: '100' },
      { from: '4', to: '4', seen: '100' },
      { from: '8', to: '8', seen: '100' },
    ]);
  });

  it('forgets a gap when every transaction that was open at its sight has ended', () => {
    const open = { ...noProgress, mark: ['9'], gaps: [{ from: '7', to: '8', seen: '100' }] };
    expect(new IdTracker(open, horizon(100, 200), { kind: 'all' }).end().gaps).toHaveLength(1);
    expect(new IdTracker(open, horizon(101, 200), { kind: 'all' }).end().gaps).toEqual([]);
  });

  it('commits in the middle of a read only the gaps below the mark', () => {
    const tracker = new IdTracker({ ...noProgress, mark: ['1'] }, horizon(0), { kind: 'all' });
    for (const id of ['3', '6']) meet(tracker, row(id));
    expect(tracker.at(['3'])).toMatchObject({ mark: ['3'], gaps: [{ from: '2', to: '2' }] });
    expect(tracker.at(['6']).gaps).toHaveLength(2);
  });

  it('looks for no ids below the one that it was told to begin with', () => {
    const tracker = new IdTracker(noProgress, horizon(0), { kind: 'range', from: '100', to: null });
    meet(tracker, row('102'));
    expect(tracker.end().gaps).toEqual([{ from: '100', to: '101', seen: null }]);
  });

  it('finds the gaps between ids of any width', () => {
    const tracker = new IdTracker({ ...noProgress, mark: ['-3'] }, horizon(0), { kind: 'all' });
    const ids = ['-1', '0', '1', '3', '999999999999999', '1000000000000000', '9007199254740993', '9223372036854775807'];
    for (const id of ids) meet(tracker, row(id));
    expect(tracker.end().gaps.map(({ from, to }) => [from, to])).toEqual([
      ['-2', '-2'],
      ['2', '2'],
      ['4', '999999999999998'],
      ['1000000000000001', '9007199254740992'],
      ['9007199254740994', '9223372036854775806'],
    ]);
  });

  it('takes ids that are no integers in the order in which they come, without gaps', () => {
    const tracker = new IdTracker(noProgress, horizon(0), { kind: 'all' });
    for (const id of ["'a'", "'c'", '1.5']) expect(meet(tracker, row(id))).toBe(true);
    expect(tracker.end()).toMatchObject({ mark: ['1.5'], gaps: [] });
    expect(meet(new IdTracker({ ...noProgress, mark: ['1.5'] }, horizon(0), { kind: 'all' }), row("'b'", false))).toBe(false);
  });

  it('keeps its mark over a poll that finds nothing', () => {
    expect(new IdTracker({ ...noProgress, mark: ['9'] }, horizon(0), { kind: 'all' }).end()).toEqual({ ...noProgress, mark: ['9'] });
  });
});

/** `WHERE`, `ORDER BY` and the flag of a gap window, as the planner writes them. */
function readById(tracker: Tracker, rows: readonly Stored[], page: Row | null): readonly Row[] {
  const { window } = tracker;
  const mark = window.kind === 'gaps' ? Number(window.mark[0]) : Number.NEGATIVE_INFINITY;
  const ranges = window.kind === 'gaps' ? window.gaps : [];
  const inGap = (id: number): boolean => ranges.some(({ from, to }) => (from === null || id >= Number(from)) && id <= Number(to));
  return rows
    .filter(({ id }) => (id > mark || inGap(id)) && (page === null || id > Number(page.position[0])))
    .sort((a, b) => a.id - b.id)
    .map(({ id, value }) => ({ values: [value], position: [String(id)], ahead: id > mark, recent: false }));
}

/** What the engine asks before it reads. */
function askWhatStands(tracker: IdTracker, table: SimulatedTable): IdTracker {
  const inRanges = (id: number): boolean => tracker.dying.some(({ from, to }) => (from === null || id >= Number(from)) && id <= Number(to));
  for (const id of table.standing().filter(inRanges)) tracker.there(String(id));
  return tracker;
}

describe.each([
  { sight: 'seen', assumed: {} },
  { sight: 'hidden, but for the rows that they have written', assumed: { assumed: 1 } },
])('a table whose ids are taken before they are committed, by transactions that are $sight', ({ assumed }) => {
  it(
    'is published whole, whatever commits late, rolls back and is cut short; read again it publishes nothing',
    async () => {
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          const table = new SimulatedTable({ stampOf: 'statement', precision: 1, appends: true, ...assumed });
          const published = new Map<number, string>();
          let state: Progress = noProgress;
          const polled = async (plan: typeof calm): Promise<number> => {
            const before = state;
            const result = await runPoll({
              table,
              before,
              plan,
              open: (at) => askWhatStands(new IdTracker(before, at, { kind: 'all' }), table),
              read: readById,
              rowOf: (one) => ({ id: Number(one.position[0]), stamp: 0, value: one.values[0] as string }),
              encode: ({ value }) => value,
            });
            for (const [id, value] of result.published) published.set(id, value);
            expect(Number(result.state.mark?.[0] ?? 0)).toBeGreaterThanOrEqual(Number(before.mark?.[0] ?? 0));
            state = result.state;
            return result.published.length;
          };

          for (const one of steps) {
            if (one.kind === 'poll') await polled(one);
            else table.apply(one);
          }
          table.endAll();
          await polled(calm);
          const byId = ([a]: readonly [number, string], [b]: readonly [number, string]): number => a - b;
          expect([...published].sort(byId)).toEqual([...table.committed].map(([id, { value }]) => [id, value] as const).sort(byId));
          for (let quiet = 0; quiet < 3; quiet += 1) {
            table.apply({ kind: 'tick', by: 10 });
            expect(await polled(calm)).toBe(0);
          }
          // Nothing is open any more, so no gap can still be filled.
          expect(state.gaps).toEqual([]);
        }),
        { numRuns },
      );
    },
    numRuns * 30,
  );
});
