import { count } from './describe-event.ts';
import type { LiberateEvent, Observer } from './event.ts';

/** The part of cli-progress' MultiBar that is used. */
export interface Bars {
  create(total: number, start: number, payload: object): { update(value: number, payload: object): void; setTotal(total: number): void };
}

/** A bar a job, of rows with rate and time left. `total` is an estimate: a bar that runs past it grows. */
export function progressObserver(bars: Bars): Observer {
  const byJob = new Map<string, ReturnType<Bars['create']>>();
  return (event: LiberateEvent) => {
    if (event.type !== 'cycle.progress') return;
    const { job, rows, expected, ms } = event;
    const rate = rows / Math.max(0.001, ms / 1000);
    const total = Math.max(expected ?? rows, rows);
    const payload = {
      job,
      done: count(rows),
      all: expected === null ? '?' : count(total),
      rate: count(rate),
      left: timeLeft(total - rows, rate),
    };
    const bar = byJob.get(job) ?? bars.create(total, 0, payload);
    byJob.set(job, bar);
    bar.setTotal(total);
    bar.update(rows, payload);
  };
}

function timeLeft(rows: number, rate: number): string {
  const seconds = Math.ceil(rows / Math.max(1, rate));
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
