import type { CycleReport } from '../../src/model/report.ts';
import type { JobState } from '../../src/model/state.ts';

export function stateOf(changes: Partial<JobState> = {}): JobState {
  return {
    definition: { mode: 'timestamp', cursor: ['updated_at'], key: ['id'], relation: 'table shop.orders' },
    mark: ['2026-11-21T10:00:00.123457Z', '17'],
    since: '1795262000123457',
    sent: { '["17"]': 'a1b2c3' },
    tied: false,
    gaps: [],
    loaded: true,
    schema: '0123456789abcdef',
    ...changes,
  };
}

export function reportOf(job: string, changes: Partial<CycleReport> = {}): CycleReport {
  return {
    job,
    startedAt: 1_795_262_000_000,
    endedAt: 1_795_262_000_250,
    outcome: 'ok',
    reason: null,
    code: null,
    published: 3,
    repeated: 1,
    nulls: 0,
    bytes: 512,
    mark: '17',
    lagMs: 12.5,
    ...changes,
  };
}
