import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Ends the output with one line that programs can read, after coverage and everything else. */
export class SummaryReporter implements Reporter {
  #counts: Counts | null = null;

  onInit(): void {
    process.once('exit', (code) => {
      const line = summaryLine(this.#counts, code);
      if (line) process.stdout.write(`${line}\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[], reason: TestRunEndReason): void {
    this.#counts = countTests(modules, unhandled.length + (reason === 'interrupted' ? 1 : 0));
  }
}

/** A run that fails never claims zero failures, whatever went wrong. Null when nothing was run. */
export function summaryLine(counts: Counts | null, exitCode: number): string | null {
  if (!counts && exitCode === 0) return null;
  const { passed, failed, skipped } = counts ?? { passed: 0, failed: 0, skipped: 0 };
  const line = `${passed} passed, ${exitCode === 0 ? failed : Math.max(failed, 1)} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}

/** A file or suite that failed by itself (a hook, an import) counts as one failed test. */
function countTests(modules: readonly TestModule[], otherFailures: number): Counts {
  const counts = { passed: 0, failed: otherFailures, skipped: 0, pending: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) counts[test.result().state]++;
    for (const suite of [module, ...module.children.allSuites()]) {
      if (suite.errors().length > 0) counts.failed++;
    }
  }
  // Pending: a failed hook, or an interrupt, kept it from being run.
  return { passed: counts.passed, failed: counts.failed, skipped: counts.skipped + counts.pending };
}
