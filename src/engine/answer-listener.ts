import type { BackfillAnswer } from '../model/backfill.ts';
import type { Engine } from './engine.ts';

type Counts = Pick<BackfillAnswer, 'published' | 'deadLetters' | 'bytes' | 'chunks'>;

const nothing: Counts = { published: 0, deadLetters: 0, bytes: 0, chunks: [] };

/** Tells of a backfill that a runner does as of one of one's own, and adds up what came of it. */
export class AnswerListener {
  readonly #engine: Engine;
  readonly #job: string;
  readonly #chunks: number;
  readonly #expected: number | null;
  readonly #startedAt: number;
  #runner: string | null = null;
  /** Of runners that have ended since. */
  #before: Counts = nothing;
  #now: Counts = nothing;

  constructor(engine: Engine, job: string, chunks: number, expected: number | null, startedAt: number) {
    this.#engine = engine;
    this.#job = job;
    this.#chunks = chunks;
    this.#expected = expected;
    this.#startedAt = startedAt;
  }

  get done(): Counts & { readonly expected: number | null } {
    return { ...added(this.#before, this.#now), expected: this.#expected };
  }

  hear(answer: BackfillAnswer): void {
    const { observer, clock } = this.#engine;
    const job = this.#job;
    // Each runner, and each time that one takes it over, counts from nothing.
    if (answer.runner !== this.#runner || answer.published < this.#now.published) {
      this.#before = added(this.#before, this.#now);
      this.#now = nothing;
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

function added(a: Counts, b: Counts): Counts {
  return {
    published: a.published + b.published,
    deadLetters: a.deadLetters + b.deadLetters,
    bytes: a.bytes + b.bytes,
    chunks: [...a.chunks, ...b.chunks],
  };
}
