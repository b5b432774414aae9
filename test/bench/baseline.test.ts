import { describe, expect, test } from 'vitest';
import { baselineLine, readBaseline } from '../../bench/baseline.ts';
import { cases } from '../../bench/cases.ts';
import type { Recording } from '../../bench/result.ts';

const machine = {
  date: '2026-02-03T04:05:06.000Z',
  commit: 'abc',
  cpu: 'one',
  cores: 2,
  memoryGigabytes: 8,
  system: 'Linux',
  node: 'v20',
  versions: {},
};
const contenders = [
  { name: 'ceiling', rounds: [{ 'wall s': 1 }] },
  { name: 'liberate', rounds: [{ 'wall s': 4 }, { 'wall s': 2 }, { 'wall s': 3, 'peak MB': 1500 }] },
];
const result = { case: 'pg-kafka', what: '100 rows', contenders, skipped: null };
const recording: Recording = { machine, results: [result] };

describe('the line of the baseline', () => {
  test('has the medians of liberate, and when and of which commit they were recorded', () => {
    expect(baselineLine(result, recording)).toBe('  recorded 2026-02-03 at abc (one, 2 cores): wall s 3, peak MB 1,500');
  });

  test('is left out for another case or another size, and without a recording', () => {
    expect(baselineLine({ ...result, case: 'pg-ndjson' }, recording)).toBeNull();
    expect(baselineLine({ ...result, what: '200 rows' }, recording)).toBeNull();
    expect(baselineLine(result, null)).toBeNull();
  });

  test('finds a name that the recorded file has for each of its cases', async () => {
    const recorded = await readBaseline();
    const names = cases.map(({ name }) => name);
    expect(recorded?.results.length).toBeGreaterThan(0);
    for (const { case: name } of recorded?.results ?? []) expect(names).toContain(name);
  });
});
