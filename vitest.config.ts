import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { SummaryReporter } from './test/support/summary-reporter.ts';

const real = 'test/**/*.real.test.ts';

/** Tests that start liberate, or npm, as processes of their own. */
const processes = ['test/cli/**/*.test.ts', 'test/package/**/*.test.ts', 'test/state/processes.test.ts'];

/**
 * `unit` needs nothing but Node; `process` needs what `npm run build` makes; `real` needs servers, which
 * its set-up starts: only when one of its files is asked for.
 */
export default defineConfig({
  test: {
    reporters: ['default', new SummaryReporter()],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          // Some start processes of their own, and two workers share two cores.
          testTimeout: 30_000,
          setupFiles: ['test/support/seed.ts'],
          include: ['test/**/*.test.ts'],
          exclude: [real, ...processes],
        },
      },
      {
        test: {
          name: 'process',
          setupFiles: ['test/support/seed.ts'],
          include: processes,
          maxWorkers: 2,
          // Beside tests on servers.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'real',
          setupFiles: ['test/support/seed.ts'],
          include: [real],
          globalSetup: ['test/servers/global-setup.ts'],
          // The servers share the machine with the tests.
          maxWorkers: 2,
          // On a machine that does much else, too.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Together with the processes, after the unit tests: what fails fast comes first.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
