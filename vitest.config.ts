import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/summary-reporter.ts';

const real = 'test/**/*.real.test.ts';

/**
 * `unit` needs nothing but Node; `real` needs servers, which its set-up starts: only when one of its
 * files is asked for.
 */
export default defineConfig({
  test: {
    reporters: ['default', new SummaryReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [real],
        },
      },
      {
        test: {
          name: 'real',
          include: [real],
          globalSetup: ['test/servers/global-setup.ts'],
          // The servers share the machine with the tests.
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // After the unit tests: what fails fast comes first.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
