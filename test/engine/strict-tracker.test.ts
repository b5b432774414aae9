import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StampTracker } from '../../src/engine/stamp-tracker.ts';
import { isSettled, StrictTracker } from '../../src/engine/strict-tracker.ts';
import { type Encode, noProgress, type Progress, type Tracker } from '../../src/engine/tracker.ts';
import type { Horizon } from '../../src/model/watermark.ts';
import { calm, history, readByStamp, runPoll, SimulatedTable, type Stored, stampedRow, type TableOptions } from './simulated-table.ts';

const numRuns = Number(process.env['LIBERATE_TEST_RUNS'] ?? 2000);

const horizon = (floor: number, now = floor): Horizon => ({ now: BigInt(now), floor: BigInt(floor), method: 'test' });

describe('a job in strict order', () => {
  it('reads past its mark and below the fence, which never goes back while the clock does not', () => {
    const state = new StrictTracker(noProgress, horizon(100), { kind: 'all' }).at(['90', 'a']);
    expect(state).toEqual({ ...noProgress, mark: ['90', 'a'], since: '100', settled: true });
    const next = new StrictTracker(state, horizon(95, 120), { kind: 'all' });
    expect(next).toMatchObject({ below: 100n, recentFrom: null, window: { kind: 'after', mark: ['90', 'a'], floor: null, tied: false } });
    expect(new StrictTracker(state, horizon(60, 80), { kind: 'all' }).below).toBe(60n);
  });

  it('takes over from relaxed order once the mark has moved below the fence', () => {
    expect(isSettled(noProgress)).toBe(true);
    expect(isSettled({ ...noProgress, mark: ['90', 'a'], since: '100' })).toBe(false);
    expect(isSettled(new StrictTracker(noProgress, horizon(100), { kind: 'all' }).at(['90', 'a']))).toBe(true);
  });
});

const tables = fc.record({
  stampOf: fc.constantFrom<TableOptions['stampOf']>('transaction', 'statement'),
  precision: fc.constantFrom(1, 10),
});
const encode = ({ stamp, value }: Stored): string => `${stamp} ${value}`;

describe('a table whose transactions commit late, share stamps and roll back, polled in strict order', () => {
  it(
    'is what its events fold to; without a crash no event is older than the one before, and none comes twice',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          tables,
          history,
          fc.integer({ min: 0, max: 3 }),
          fc.boolean(),
          async (options, steps, /** Polls before the job goes over to strict order. */ relaxedFor, crashes) => {
            const table = new SimulatedTable({ ...options, appends: false });
            const folded = new Map<number, string>();
            const strictly: string[] = [];
            let state: Progress = noProgress;
            let polls = 0;
            const polled = async (plan: typeof calm): Promise<number> => {
              const before = state;
              const relaxed = polls < relaxedFor;
              polls += 1;
              const open = (at: Horizon, event: Encode): Tracker => {
                if (!relaxed && isSettled(before)) return new StrictTracker(before, at, { kind: 'all' });
                return new StampTracker(before, at, { kind: 'all' }, event, { settles: !relaxed });
              };
              const result = await runPoll({
                table,
                before,
                plan: crashes ? plan : { ...plan, crash: null },
                open,
                read: readByStamp,
                rowOf: stampedRow,
                encode,
              });
              for (const [key, value] of result.published) {
                folded.set(key, value);
                if (!relaxed && isSettled(before)) strictly.push(`${key} ${value}`);
              }
              state = result.state;
              return result.published.length;
            };

            for (const one of steps) {
              if (one.kind === 'poll') await polled(one);
              else table.apply(one);
            }
            table.endAll();
            // Once relaxed order is over, once to settle, and once past the precision of the stamps.
            for (let left = 0; left < relaxedFor + 3; left += 1) {
              table.apply({ kind: 'tick', by: 40 });
              await polled(calm);
            }
            const expected = [...table.committed.values()].map((one): readonly [number, string] => [one.id, encode(one)]);
            expect([...folded].sort()).toEqual(expected.sort());
            expect(await polled(calm)).toBe(0);
            if (crashes) return;
            const stamps = strictly.map((event) => Number(event.split(' ')[1]));
            expect(stamps).toEqual([...stamps].sort((a, b) => a - b));
            expect(new Set(strictly).size).toBe(strictly.length);
          },
        ),
        { numRuns },
      );
    },
    numRuns * 30,
  );
});
