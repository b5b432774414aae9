import { addCounts, type BackfillAnswer, type BackfillCounts, noCounts } from '../model/backfill.ts';
import type { Engine } from './engine.ts';

/** Tells of a backfill that a runner does as of one of one's own, and adds up what came of it. */
export class AnswerListener {
  readonly #engine: Engine;
  readonly #job: string;
  readonly #chunks: number;
  readonly #expected: number | null;
  readonly #startedAt: number;
  #runner: string | null = null;
  /** Of runners that have ended since. */
  #before: BackfillCounts = noCounts;
  #now: BackfillCounts = noCounts;

  constructor(engine: Engine, job: string, chunks: number, expected: number | null, startedAt: number) {
    this.#engine = engine;
    this.#job = job;
    this.#chunks = chunks;
    this.#expected = expected;
    this.#startedAt = startedAt;
  }

  get done(): BackfillCounts & { readonly expected: number | null } {
    return { ...addCounts(this.#before, this.#now), expected: this.#expected };
  }

  hear(answer: BackfillAnswer): void {
    const { observer, clock } = this.#engine;
    const job = this.#job;
    // Each runner, and each time that one takes it over, counts from nothing.
    if (answer.runner !== this.#runner || answer.published < this.#now.published) {
      this.#before = addCounts(this.#before, this.#now);
      this.#now = noCounts;
      const message = `${answer.runner} runs the job, and does the backfill between its polls`;
      if (answer.runner !== this.#runner) observer({ type: 'job.notice', job, message, cure: null });
      this.#runner = answer.runner;
    }
    const fresh = answer.chunks.slice(this.#now.chunks.length);
    const grew = answer.published > this.#now.published;
    this.#now = answer;
    const { published: rows } = this.done;
    if (grew) observer({ type: 'cycle.progress', job, rows, expected: this.#expected, ms: clock.now() - this.#startedAt });
    if (this.#chunks === 1) return;
    for (const chunk of fresh) observer({ type: 'backfill.chunk', job, chunks: this.#chunks, ...chunk });
  }
}
