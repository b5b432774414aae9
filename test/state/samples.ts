import type { BackfillState } from '../../src/model/backfill.ts';
import type { CycleReport } from '../../src/model/report.ts';
import type { JobState } from '../../src/model/state.ts';
import type { Told } from '../../src/state/state-store.ts';

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
    deadLetters: 0,
    bytes: 512,
    mark: '17',
    lagMs: 12.5,
    ...changes,
  };
}

export function backfillOf(changes: Partial<BackfillState> = {}): BackfillState {
  const { definition, schema } = stateOf();
  const chunk = { from: null, to: null, after: null, upto: null, alone: false, rows: null, mark: null, done: false, published: 0 };
  return {
    scope: { definition, schema, sink: 'kafka', topic: 'orders', from: '2026-01-01', to: null, window: null },
    begun: 1_795_262_000_000,
    chunks: [
      { ...chunk, upto: ['5000'], rows: 5000, mark: ['4100'], published: 4100 },
      { ...chunk, after: ['5000'], alone: true },
    ],
    ...changes,
  };
}

/** A renewal with nothing to tell. */
export const plainly: Told = { asked: false, wanted: false };
