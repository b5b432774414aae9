import type { CycleReport } from '../model/report.ts';

/** The report of a cycle in which nothing was done, as one that was skipped. */
export function emptyReport(job: string, startedAt: number, endedAt: number, reason: string): CycleReport {
  const nothing = { published: 0, repeated: 0, nulls: 0, deadLetters: 0, bytes: 0, mark: null, lagMs: null };
  return { job, startedAt, endedAt, outcome: 'skipped', reason, code: null, ...nothing };
}
