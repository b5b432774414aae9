import type { Guarantee } from '../model/guarantee.ts';
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
    this.#quiet.add(bare.job, this.#told(bare));
  }

  async tell(bare: CycleReport): Promise<void> {
    const whole = this.#told(bare);
    const quiet = bare.outcome === 'ok' && bare.published === 0 && bare.deadLetters === 0 && !this.#once;
    if (quiet) {
      this.#quiet.add(bare.job, whole);
      return;
    }
    this.#quiet.forget(bare.job);
    await record(this.#engine, [whole()]);
  }

  skipped(reason: string, startedAt: number): CycleReport {
    return emptyReport(this.#job, startedAt, this.#engine.clock.now(), reason);
  }

  /** Tells of it; gives what makes the report as it is kept, with the guarantee that held. */
  #told(bare: CycleReport): () => CycleReport {
    const { horizon } = this.#memory;
    const { promises } = this.#opening;
    const guarantee = (): Guarantee | null => (horizon === null ? null : (promises?.(horizon) ?? null));
    this.#engine.observer({ type: 'cycle.end', report: bare, guarantee });
    return () => ({ ...bare, guarantee: guarantee() });
  }
}
