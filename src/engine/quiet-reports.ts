import { asLiberateError, formatError } from '../kit/errors.ts';
import type { CycleReport } from '../model/report.ts';
import type { Engine } from './engine.ts';

/** Milliseconds until the reports of quiet polls are kept: `status` is at most this old. */
const keptEvery = 5000;

/** Reports of polls that found nothing, kept together: a write for each poll of a thousand jobs would be most of their cost. */
export class QuietReports implements AsyncDisposable {
  readonly #engine: Pick<Engine, 'store' | 'clock' | 'observer'>;
  readonly #closing = new AbortController();
  readonly #waiting = new Map<string, () => CycleReport>();
  #keeping: Promise<void> | null = null;

  constructor(engine: Pick<Engine, 'store' | 'clock' | 'observer'>) {
    this.#engine = engine;
  }

  /** `report`: makes it, when it is to be kept. */
  add(job: string, report: () => CycleReport): void {
    this.#waiting.set(job, report);
    this.#keeping ??= this.#keep();
  }

  /** The job has a newer report, which is no quiet one. */
  forget(job: string): void {
    this.#waiting.delete(job);
  }

  async #keep(): Promise<void> {
    // What comes while a write is under way takes the next; whoever closes waits for both.
    while (this.#waiting.size > 0) {
      await this.#engine.clock.sleep(keptEvery, this.#closing.signal);
      const reports = Array.from(this.#waiting.values(), (report) => report());
      this.#waiting.clear();
      if (reports.length > 0) await record(this.#engine, reports);
    }
    this.#keeping = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#keeping;
  }
}

/** Keeps reports; a failure is told and no more. */
export async function record({ store, observer }: Pick<Engine, 'store' | 'observer'>, reports: readonly CycleReport[]): Promise<void> {
  try {
    await store.record(...reports);
  } catch (error) {
    // History only: the mark is what must not be lost, and its own commit fails loudly.
    const message = `the report could not be kept: ${formatError(asLiberateError(error))}`;
    for (const { job } of reports) observer({ type: 'job.warning', job, message, cure: null });
  }
}
