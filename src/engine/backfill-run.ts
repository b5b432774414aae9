import { LiberateError } from '../kit/errors.ts';
import { type BackfillState, type Chunk, type ChunkProgress, type ChunkReport, isFinished } from '../model/backfill.ts';
import type { Watermark } from '../model/watermark.ts';
import type { LiberateEvent } from '../observe/event.ts';
import { type BackfillRequest, chunkRequest, isOrdered } from './backfill-request.ts';
import { type CycleContext, commitState } from './cycle.ts';
import { shownMarkOf } from './job-plan.ts';
import { Ledger } from './ledger.ts';
import { type Books, everyRow, noBooks, openPublisher } from './publisher.ts';
import { readPages } from './read-pages.ts';
import { asksForCare } from './refusals.ts';
import { newTally, type Tally } from './tally.ts';

/** Milliseconds between progress events. */
const tellEvery = 500;

export interface ChunkRun {
  /** `tally` is the sum of all chunks. */
  readonly context: CycleContext;
  readonly request: BackfillRequest;
  /** Progress is kept, and the backfill can be resumed. */
  readonly kept: boolean;
  readonly workers: number;
  /** Rows that are still to come; null: unknown. */
  readonly expected: number | null;
  /** No further page begins where the rest can be read later. */
  readonly over: () => boolean;
  /** What has come of chunks that an earlier slice began, by their number from 0. */
  readonly parts: Map<number, Part>;
}

export type Part = Pick<ChunkReport, 'published' | 'ms'>;

export interface ChunksRun {
  /** The chunks that were done. */
  readonly reports: readonly ChunkReport[];
  readonly state: BackfillState;
}

/**
 * Publishes what is not done of a backfill, chunk by chunk, some at a time. After a failure what was acknowledged is kept. Nothing is on its
 * way when it resolves, and all that it knows of the job was read since it began: so two calls may have a poll between them.
 */
export async function publishChunks(run: ChunkRun, state: BackfillState, signal: AbortSignal): Promise<ChunksRun> {
  const progress = new BackfillProgress(run, state, await booksOf(run.context));
  const open = [...state.chunks.keys()].filter((at) => state.chunks[at]?.done === false);
  const isAlone = (at: number): boolean => state.chunks[at]?.alone === true;
  await progress.publish(
    open.filter((at) => !isAlone(at)),
    run.workers,
    signal,
  );
  if (!progress.halted) await progress.publish(open.filter(isAlone), 1, signal);
  return { reports: progress.reports, state: { ...state, chunks: progress.chunks } };
}

/** The chunks' common books, and how far they are. */
class BackfillProgress {
  readonly #run: ChunkRun;
  readonly #books: Books;
  readonly #chunks: ChunkProgress[];
  readonly #state: BackfillState;
  readonly #startedAt: number;
  #toldAt: number;
  #saved: Promise<void> = Promise.resolve();
  readonly reports: ChunkReport[] = [];
  /** Its time is over, and something is left. */
  halted = false;

  constructor(run: ChunkRun, state: BackfillState, books: Books) {
    this.#run = run;
    this.#state = state;
    this.#books = books;
    this.#chunks = [...state.chunks];
    this.#startedAt = run.context.clock.now();
    this.#toldAt = this.#startedAt;
  }

  get chunks(): readonly ChunkProgress[] {
    return this.#chunks;
  }

  /** Takes the chunks in order, so many at a time. One that fails stops the others. */
  async publish(chunks: readonly number[], workers: number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const queue = [...chunks];
    const work = async (): Promise<void> => {
      try {
        // One at least: each call gets on.
        for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
          await this.#publishChunk(at, either);
          if (queue.length > 0 && this.#run.over()) this.halted = true;
          if (this.halted) return;
        }
      } catch (reason) {
        // The first reason stays: those that were stopped by it fail with the same.
        stop.abort(reason);
      }
    };
    await Promise.all(Array.from({ length: Math.min(workers, chunks.length) }, work));
    if (stop.signal.aborted) throw stop.signal.reason;
  }

  /** Again from where it got to, when a record of it was refused that is not to stop it. */
  async #publishChunk(at: number, signal: AbortSignal): Promise<void> {
    const { plan, memory } = this.#run.context;
    for (;;) {
      const { careful } = memory;
      try {
        await this.#tryChunk(at, signal);
        return;
      } catch (error) {
        if (signal.aborted || careful || !asksForCare(plan, error)) throw error;
        memory.careful = true;
      }
    }
  }

  async #tryChunk(at: number, signal: AbortSignal): Promise<void> {
    const { context, request, kept, parts } = this.#run;
    const chunk = this.#chunks[at] as ChunkProgress;
    const startedAt = context.clock.now();
    const tally = newTally();
    const own = { ...context, tally, observer: (event: LiberateEvent) => this.#tell(event) };
    // A mark among rows that share it would leave the rest of them out.
    const marks = kept && request.key.length > 0;
    const total = (): number => chunk.published + tally.published;
    const reached = (mark: Watermark): Promise<void> => this.#save(at, { ...chunk, mark, published: total() });
    // Where it ends before its time; null: it does not.
    let halt = null as Watermark | null;
    let last = null as Watermark | null;
    const halts = (): boolean => {
      halt = marks && this.#run.over() ? last : null;
      return halt !== null;
    };
    const counted = countInto(context.tally, tally);
    const publisher = await openPublisher(own, { ...this.#books, ...(marks ? { reached } : {}) }, null, signal, 'r');
    try {
      const most = isOrdered(request) ? context.plan.job.batch : null;
      for await (const batch of readPages(context.source, chunkRequest(request, chunk), most, signal, chunk.mark ?? chunk.after, halts)) {
        await publisher.publish(batch, everyRow(marks));
        if (marks && batch.count > 0) last = batch.position(batch.count - 1);
        counted();
        this.#tellProgress();
      }
      await publisher.drain();
    } finally {
      await publisher.settle();
      counted();
    }
    const { published = 0, ms = 0 } = parts.get(at) ?? {};
    const part = { published: published + tally.published, ms: ms + context.clock.now() - startedAt };
    if (halt !== null) {
      this.halted = true;
      parts.set(at, part);
      return this.#save(at, { ...chunk, mark: halt, published: total() });
    }
    await this.#save(at, { ...chunk, done: true, published: total() });
    this.#report(at, part);
  }

  #report(at: number, { published, ms }: Part): void {
    const { plan, observer } = this.#run.context;
    const range = rangeText(plan, this.#chunks[at] as Chunk);
    this.reports.push({ chunk: at + 1, range, published, ms });
    this.#tellProgress();
    if (this.#chunks.length === 1) return;
    observer({ type: 'backfill.chunk', job: plan.name, chunk: at + 1, chunks: this.#chunks.length, range, published, ms });
  }

  /** Commits in the order of the calls; LIB407 once another runner holds the job. */
  #save(at: number, chunk: ChunkProgress): Promise<void> {
    this.#chunks[at] = chunk;
    if (!this.#run.kept) return Promise.resolve();
    const { store, plan, fence } = this.#run.context;
    const chunks = [...this.#chunks];
    const state = { ...this.#state, chunks };
    // A finished backfill is only known for having been one.
    const saved = isFinished(state) ? { ...state, chunks: [] } : state;
    this.#saved = this.#saved.then(async () => {
      if ((await store.commitBackfill(plan.name, saved, fence)) === 'committed') return;
      throw new LiberateError('LIB407', 'another runner has taken the job over; the chunks that are done stand', {
        place: { job: plan.name },
      });
    });
    return this.#saved;
  }

  /** A publisher's own progress is that of its chunk. */
  #tell(event: LiberateEvent): void {
    if (event.type === 'cycle.progress') this.#tellProgress();
    else this.#run.context.observer(event);
  }

  #tellProgress(): void {
    const { clock, observer, plan, tally } = this.#run.context;
    const now = clock.now();
    if (now - this.#toldAt < tellEvery) return;
    this.#toldAt = now;
    const { expected } = this.#run;
    observer({ type: 'cycle.progress', job: plan.name, rows: tally.published, expected, ms: now - this.#startedAt });
  }
}

/** Adds what a chunk's tally has grown by since the last call. */
function countInto(sum: Tally, own: Tally): () => void {
  let [published, bytes, deadLetters] = [0, 0, 0];
  return () => {
    sum.published += own.published - published;
    sum.bytes += own.bytes - bytes;
    sum.deadLetters += own.deadLetters - deadLetters;
    [published, bytes, deadLetters] = [own.published, own.bytes, own.deadLetters];
  };
}

/**
 * It moves no mark, but what the poller remembers of an event that it replaces is no longer true. One for all chunks: each knows
 * what the others have given up, and waits until that is written.
 */
export async function booksOf({ store, plan, fence, memory }: Pick<CycleContext, 'store' | 'plan' | 'fence' | 'memory'>): Promise<Books> {
  const state = memory.state === 'unknown' ? await store.load(plan.name) : memory.state;
  if (state === null) return noBooks;
  const ledger = new Ledger(state, async (outcome) => {
    const whole = { ...state, ...outcome };
    await commitState({ store, plan, fence }, whole);
    if (memory.state !== 'unknown') memory.state = whole;
  });
  let written: Promise<void> = Promise.resolve();
  return {
    ...noBooks,
    leaves: (event) => ledger.leaves(event),
    ready: () => {
      written = written.then(() => ledger.ready());
      return written;
    },
  };
}

/** `1 … 5000`, `2026-01-01 … before 2026-01-02`. */
export function rangeText(plan: CycleContext['plan'], { from, to, after, upto }: Chunk): string {
  const shown = (mark: Watermark | null): string | null => (mark === null ? null : shownMarkOf(plan, mark).join(', '));
  const begin = shown(after) ?? from;
  const end = shown(upto) ?? (to === null ? null : `before ${to}`);
  if (begin === null && end === null) return 'all rows';
  return `${begin === null ? 'the first' : `${after === null ? '' : 'after '}${begin}`} … ${end ?? 'the last'}`;
}
