import { describe, expect, it } from 'vitest';
import { progressObserver } from '../../src/observe/progress.ts';

interface Update {
  readonly job: unknown;
  readonly value: number;
  readonly total: number;
  readonly payload: object;
}

/** Stands for cli-progress' MultiBar: remembers what it was told. */
function recordedBars() {
  const updates: Update[] = [];
  let created = 0;
  const create = (total: number, _start: number, payload: object) => {
    created += 1;
    let size = total;
    return {
      setTotal: (to: number): void => {
        size = to;
      },
      update: (value: number, of: object): void => {
        updates.push({ job: (payload as { readonly job?: unknown }).job, value, total: size, payload: of });
      },
    };
  };
  return { bars: { create }, updates, created: () => created };
}

const progress = (job: string, rows: number, expected: number | null, ms = 1000) => ({
  type: 'cycle.progress' as const,
  job,
  rows,
  expected,
  ms,
});

describe('progress', () => {
  it('has a bar a job, with rows, rate and time left', () => {
    const { bars, updates, created } = recordedBars();
    const observer = progressObserver(bars);
    observer(progress('a', 1000, 121_000));
    observer(progress('b', 5, null));
    observer(progress('a', 4000, 121_000, 2000));
    expect(created()).toBe(2);
    expect(updates).toEqual([
      { job: 'a', value: 1000, total: 121_000, payload: { job: 'a', done: '1,000', all: '121,000', rate: '1,000', left: '02:00' } },
      { job: 'b', value: 5, total: 5, payload: { job: 'b', done: '5', all: '?', rate: '5', left: '00:00' } },
      { job: 'a', value: 4000, total: 121_000, payload: { job: 'a', done: '4,000', all: '121,000', rate: '2,000', left: '00:59' } },
    ]);
  });

  it('grows with the rows where the estimate was too low', () => {
    const { bars, updates } = recordedBars();
    progressObserver(bars)(progress('a', 300, 100));
    expect(updates).toEqual([
      { job: 'a', value: 300, total: 300, payload: { job: 'a', done: '300', all: '300', rate: '300', left: '00:00' } },
    ]);
  });

  it('divides by no zero, and leaves all other events alone', () => {
    const { bars, updates } = recordedBars();
    const observer = progressObserver(bars);
    observer(progress('a', 0, 10, 0));
    observer({ type: 'run.stopping', reason: 'SIGINT' });
    expect(updates).toHaveLength(1);
    expect(updates[0]?.payload).toMatchObject({ rate: '0', left: '00:10' });
  });
});
