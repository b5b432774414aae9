import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshSince, type Seen } from '../../src/engine/ended.ts';
import { StampTracker } from '../../src/engine/stamp-tracker.ts';
import { type Encode, noProgress, type Progress, type Tracker } from '../../src/engine/tracker.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import { batchOfRows, type Row } from '../../src/model/row.ts';
import type { Ended, Horizon, Watermark } from '../../src/model/watermark.ts';
import { calm, history, readByStamp, runPoll, SimulatedTable, type Stored, stampedRow, type TableOptions } from './simulated-table.ts';

const numRuns = Number(process.env['LIBERATE_TEST_RUNS'] ?? 2000);

const horizon = (floor: number, now = floor): Horizon => ({ now: BigInt(now), floor: BigInt(floor), method: 'test' });
const row = (stamp: number, key: string, flags: Partial<Pick<Row, 'ahead' | 'recent'>> = {}): Row => ({
  values: [],
  position: [String(stamp), key],
  ahead: true,
  recent: false,
  ...flags,
});
/** The event of a row is the text of its value, `v` where it has none. */
const encode: Encode = (rows, at, into) => {
  const [value = 'v'] = rows.values(at);
  into.add({ key: Buffer.from(rows.position(at)[1] as string), value: Buffer.from(String(value)), timestamp: '0' });
};
const marks = new Map<Row, Watermark>();
/** Meets the row as a batch of its own. */
function meet(tracker: Tracker, one: Row, value = 'v'): boolean {
  const rows = batchOfRows([{ ...one, values: [value] }], null);
  const event = new RecordBatch({}, 64);
  encode(rows, 0, event);
  const leaves = tracker.meet(rows, 0, event);
  const mark = tracker.met(rows);
  if (mark !== null) marks.set(one, mark);
  return leaves;
}
const at = (tracker: Tracker, one: Row): Progress => tracker.at(marks.get(one) as Watermark);

describe('a job by stamps', () => {
  it('begins with the window that its initial load asks for, and looks back to the floor from then on', () => {
    const first = new StampTracker(noProgress, horizon(100), { kind: 'range', from: '7', to: null }, encode);
    expect(first.window).toEqual({ kind: 'range', from: '7', to: null });
    meet(first, row(120, 'a', { recent: true }));
    const state = first.end();
    expect(state).toMatchObject({ mark: ['120', 'a'], since: '100', tied: true });
    const second = new StampTracker(state, horizon(150), { kind: 'all' }, encode);
    expect(second.window).toEqual({ kind: 'after', mark: ['120', 'a'], floor: 100n, tied: true });
    expect(second.recentFrom).toBe(150n);
  });

  it('publishes what is ahead, and of what lies behind only what it has not published so', () => {
    const first = new StampTracker(noProgress, horizon(100), { kind: 'all' }, encode);
    meet(first, row(120, 'a', { recent: true }));
    const second = new StampTracker(first.end(), horizon(150), { kind: 'all' }, encode);
    const behind = { ahead: false, recent: false };
    expect(meet(second, row(110, 'late', behind))).toBe(true);
    expect(meet(second, row(120, 'a', behind))).toBe(false);
    expect(meet(second, row(120, 'a', behind), 'changed')).toBe(true);
    expect(meet(second, row(130, 'a'))).toBe(true);
  });

  it('keeps in mind only what the next look-back can meet', () => {
    const tracker = new StampTracker(noProgress, horizon(100), { kind: 'all' }, encode);
    meet(tracker, row(50, 'old'));
    meet(tracker, row(99, 'older than the floor'));
    meet(tracker, row(100, 'recent', { recent: true }));
    meet(tracker, row(101, 'newest', { recent: true }));
    expect(Object.keys(tracker.end().sent)).toEqual(['recent', 'newest']);
  });

  it('remembers the rows that share the newest stamp, so that one that joins them later is told from them', () => {
    const first = new StampTracker(noProgress, horizon(1000), { kind: 'all' }, encode);
    meet(first, row(50, 'b'));
    meet(first, row(50, 'c'));
    const state = first.end();
    expect(state.tied).toBe(true);
    const second = new StampTracker(state, horizon(1000), { kind: 'all' }, encode);
    expect(meet(second, row(50, 'a', { ahead: false }))).toBe(true);
    expect(meet(second, row(50, 'b', { ahead: false }))).toBe(false);
    expect(meet(second, row(50, 'c', { ahead: false }))).toBe(false);
    const again = second.end();
    expect(again).toMatchObject({ tied: true, mark: ['50', 'c'] });
    expect(Object.keys(again.sent)).toEqual(['a', 'b', 'c']);
  });

  it('does not say that it knows a tie that is too large, or that it met in part', () => {
    const large = new StampTracker(noProgress, horizon(1000), { kind: 'all' }, encode);
    for (let at = 0; at < 501; at += 1) meet(large, row(50, String(at)));
    expect(large.end()).toMatchObject({ tied: false, sent: {} });
    const part = new StampTracker({ ...noProgress, mark: ['50', 'a'], since: '1000' }, horizon(1000), { kind: 'all' }, encode);
    meet(part, row(50, 'b'));
    expect(part.end().tied).toBe(false);
  });

  it('commits in the middle of a read no more than what lies up to the mark', () => {
    const tracker = new StampTracker(noProgress, horizon(100), { kind: 'all' }, encode);
    const [early, reached, later] = [row(50, 'a'), row(120, 'b', { recent: true }), row(130, 'c', { recent: true })];
    for (const one of [early, reached, later]) meet(tracker, one);
    expect(at(tracker, early)).toMatchObject({ mark: ['50', 'a'], since: '100', sent: {}, tied: false });
    expect(Object.keys(at(tracker, reached).sent)).toEqual(['b']);
    expect(Object.keys(at(tracker, later).sent)).toEqual(['b', 'c']);
  });

  it('publishes a row that never arrived before a crash, also when an older transaction writes it again behind the mark', () => {
    const first = new StampTracker(noProgress, horizon(100), { kind: 'all' }, encode);
    const reached = row(105, 'a', { recent: true });
    meet(first, reached);
    meet(first, row(110, 'k', { recent: true }), 'new');
    const second = new StampTracker(at(first, reached), horizon(100), { kind: 'all' }, encode);
    expect(meet(second, row(100, 'k', { ahead: false, recent: true }), 'new')).toBe(true);
    expect(meet(second, row(105, 'a', { ahead: false, recent: true }))).toBe(false);
  });

  it('remembers a row that is away for a while where it is asked to, and publishes it when it comes back otherwise', () => {
    const first = new StampTracker(noProgress, horizon(100, 130), { kind: 'all' }, encode);
    meet(first, row(110, 'a', { recent: true }));
    meet(first, row(120, 'b', { recent: true }));
    const away = (until: Seen['until'] | null): StampTracker =>
      new StampTracker(first.end(), horizon(105, 140), { kind: 'all' }, encode, { until });
    const without = away(null);
    meet(without, row(120, 'b', { ahead: false, recent: true }));
    expect(Object.keys(without.end().sent)).toEqual(['b']);
    const keeping = away(new Map());
    meet(keeping, row(120, 'b', { ahead: false, recent: true }));
    expect(Object.keys(keeping.end().sent).sort()).toEqual(['a', 'b']);
    const back = new StampTracker(keeping.end(), horizon(106, 150), { kind: 'all' }, encode, { until: keeping.until });
    expect(meet(back, row(110, 'a', { ahead: false, recent: true }))).toBe(false);
    expect(meet(back, row(120, 'b', { ahead: false, recent: true }), 'changed')).toBe(true);
    // No look-back meets `a` any more, whose stamp lies before 140; of `b`, which was met then, nothing is known yet.
    const later = new StampTracker(keeping.end(), horizon(141, 190), { kind: 'all' }, encode, { until: keeping.until });
    expect(Object.keys(later.end().sent)).toEqual(['b']);
  });

  it('publishes a row that is ahead though its bytes are known, unless it was told that just these were published', () => {
    const first = new StampTracker(noProgress, horizon(100), { kind: 'all' }, encode);
    meet(first, row(120, 'a', { recent: true }));
    const options = { told: new Set(['a']) };
    const touched = row(130, 'a', { recent: true });
    expect(meet(new StampTracker(first.end(), horizon(110), { kind: 'all' }, encode), touched)).toBe(true);
    expect(meet(new StampTracker(first.end(), horizon(110), { kind: 'all' }, encode, options), touched)).toBe(false);
    expect(meet(new StampTracker(first.end(), horizon(110), { kind: 'all' }, encode, options), touched, 'changed')).toBe(true);
  });

  it('tells rows without a key from one another by nothing, and publishes those that changed', () => {
    const tracker = new StampTracker(
      { ...noProgress, mark: ['50', ''], since: '0', sent: { '': 'other' } },
      horizon(0),
      { kind: 'all' },
      encode,
    );
    const rows = batchOfRows([row(40, '', { ahead: false, recent: true })], null);
    const event = new RecordBatch({}, 64);
    event.add({ key: null, value: Buffer.from('v'), timestamp: '0' });
    expect(tracker.meet(rows, 0, event)).toBe(true);
  });
});

/** Whether a mark lies past another. */
function compare(mark: Watermark | null, other: Watermark | null): number {
  if (mark === null || other === null) return Number(mark !== null) - Number(other !== null);
  return Number(mark[0]) - Number(other[0]) || Number(mark[1]) - Number(other[1]);
}

describe('a table whose transactions commit late, share stamps and roll back', () => {
  const tables = fc.record({
    stampOf: fc.constantFrom<TableOptions['stampOf']>('transaction', 'statement'),
    precision: fc.constantFrom(1, 10),
    stampInValue: fc.boolean(),
    keeps: fc.boolean(),
  });

  it(
    'is what its events fold to, whatever is polled when and cut short; read again unchanged it publishes nothing',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          tables,
          history,
          fc.array(fc.boolean(), { minLength: 1 }),
          async ({ stampOf, precision, stampInValue, keeps }, steps, restarts) => {
            const table = new SimulatedTable({ stampOf, precision, appends: false });
            const encode = ({ stamp, value }: Stored): string => (stampInValue ? `${stamp} ${value}` : value);
            const folded = new Map<number, string>();
            let state: Progress = noProgress;
            let seen: Seen | null = null;
            let polls = 0;
            const polled = async (plan: typeof calm): Promise<number> => {
              const before = state;
              let looked: { readonly at: Horizon; readonly tracker: StampTracker } | null = null;
              const open = (at: Horizon, event: Encode): Tracker => {
                const fresh = freshSince(seen, at, 'table');
                const until = fresh !== null || keeps ? (seen?.until ?? new Map<string, bigint>()) : null;
                const tracker = new StampTracker(before, at, { kind: 'all' }, event, { fresh, until });
                looked = { at, tracker };
                return tracker;
              };
              const result = await runPoll({ table, before, plan, open, read: readByStamp, rowOf: stampedRow, encode });
              for (const [key, value] of result.published) folded.set(key, value);
              expect(compare(result.state.mark, before.mark)).toBeGreaterThanOrEqual(0);
              state = result.state;
              polls += 1;
              const { at, tracker } = looked as unknown as { readonly at: Horizon; readonly tracker: StampTracker };
              // A process that ends takes with it what it knew of the transactions.
              const ends = plan.crash !== null || restarts[polls % restarts.length] === true;
              seen = ends ? null : { ended: at.ended as Ended, until: tracker.until };
              return result.published.length;
            };

            for (const one of steps) {
              if (one.kind === 'poll') await polled(one);
              else table.apply(one);
            }
            table.endAll();
            await polled(calm);
            const expected = [...table.committed.values()].map((one): readonly [number, string] => [one.id, encode(one)]);
            expect([...folded].sort()).toEqual(expected.sort());
            expect(await polled(calm)).toBe(0);
            table.apply({ kind: 'tick', by: 100 });
            expect(await polled(calm)).toBe(0);
            expect(await polled(calm)).toBe(0);
          },
        ),
        { numRuns },
      );
    },
    numRuns * 30,
  );
});
