import { expect, test } from 'vitest';
import { summaryLine } from './summary-reporter.ts';

test.each([
  { counts: { passed: 3, failed: 0, skipped: 0 }, exit: 0, line: '3 passed, 0 failed' },
  { counts: { passed: 3, failed: 1, skipped: 2 }, exit: 1, line: '3 passed, 1 failed, 2 skipped' },
  { counts: { passed: 3, failed: 0, skipped: 0 }, exit: 1, line: '3 passed, 1 failed' },
  { counts: null, exit: 1, line: '0 passed, 1 failed' },
  { counts: null, exit: 0, line: null },
])('a run that ended with exit code $exit says "$line"', ({ counts, exit, line }) => {
  expect(summaryLine(counts, exit)).toBe(line);
});
