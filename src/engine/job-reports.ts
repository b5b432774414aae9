import type { CycleReport } from '../model/report.ts';
import { emptyReport } from './empty-report.ts';
import type { Engine } from './engine.ts';
import type { JobMemory } from './job-memory.ts';
import type { JobOpening } from './job-opening.ts';
import { type QuietReports, record } from './quiet-reports.ts';

/** How a job's cycles ended: told with the guarantee that held, and kept. */
export class JobReports {
  readonly #engine: Engine;
  readonly #job: string;
  readonly #opening: JobOpening;
  readonly #memory: JobMemory;
  readonly #quiet: QuietReports;
  readonly #once: boolean;

  constructor(engine: Engine, job: string, opening: JobOpening, memory: JobMemory, quiet: QuietReports, once: boolean) {
    this.#engine = engine;
    this.#job = job;
    this.#opening = opening;
    this.#memory = memory;
    this.#quiet = quiet;
    this.#once = once;
  }

  tellQuiet(bare: CycleReport): void {
    this.#quiet.add(this.#told(bare));
  }

  async tell(bare: CycleReport): Promise<void> {
    const report = this.#told(bare);
    const quiet = report.outcome === 'ok' && report.published === 0 && report.deadLetters === 0 && !this.#once;
    if (quiet) {
      this.#quiet.add(report);
      return;
    }
    this.#quiet.forget(report.job);
    await record(this.#engine, [report]);
  }

  skipped(reason: string, startedAt: number): CycleReport {
    return emptyReport(this.#job, startedAt, this.#engine.clock.now(), reason);
  }

  #told(bare: CycleReport): CycleReport {
    const report = this.#promising(bare);
    this.#engine.observer({ type: 'cycle.end', report });
    return report;
  }

  /** With the guarantee that held. */
  #promising(bare: CycleReport): CycleReport {
    const { horizon } = this.#memory;
    const { promises } = this.#opening;
    return {
      ...bare,
      // Made when it is asked for: of most quiet polls nobody does.
      get guarantee() {
        return horizon === null ? null : (promises?.(horizon) ?? null);
      },
    };
  }
}
