import { asLiberateError, LiberateError } from '../kit/errors.ts';
import type { Limiter } from '../kit/limiter.ts';
import {
  type AskedBackfill,
  addCounts,
  type BackfillAnswer,
  type BackfillState,
  type ChunkReport,
  isFinished,
  noCounts,
} from '../model/backfill.ts';
import type { Observer } from '../observe/event.ts';
import { keepBegun, keptSince } from './backfill-begun.ts';
import { type BackfillRequest, backfillRequest, isOrdered } from './backfill-request.ts';
import { type Part, publishChunks } from './backfill-run.ts';
import { refuseOther } from './backfill-scope.ts';
import { type CycleContext, keepCount } from './cycle.ts';
import type { Engine } from './engine.ts';

/** Milliseconds after which no page of a slice begins: a page takes about a second at the most. */
const sliceMs = 500;

/** Slices in a row that meet another relation than the one looked at: DDL that comes faster than it can be read is told as a failure. */
const mostChanges = 3;

interface Taken {
  readonly asked: AskedBackfill;
  readonly fence: bigint;
  readonly parts: Map<number, Part>;
  /** How far it is; null: not begun under this lease. */
  state: BackfillState | null;
  answer: BackfillAnswer;
  changes: number;
}

/**
 * The backfills that commands ask of the runner which holds their job. It does them itself, under its own fence, a slice between two polls:
 * nothing of a slice is on its way when a poll begins to read, and the other way round, so that per key what leaves later was read later.
 */
export class AskedBackfills {
  readonly #engine: Engine;
  readonly #job: string;
  readonly #taken: () => void;
  #current: Taken | null = null;
  #looking = false;

  /** `taken`: told when there is a slice to do. */
  constructor(engine: Engine, job: string, taken: () => void) {
    this.#engine = engine;
    this.#job = job;
    this.#taken = taken;
  }

  /** There is a slice to do. */
  get open(): boolean {
    return this.#current !== null;
  }

  /** A renewal of the lease says that something is asked. Answered at once, also in the middle of a long cycle. */
  notice(fence: bigint): void {
    if (this.#looking || this.#current !== null) return;
    this.#looking = true;
    this.#take(fence)
      // The next renewal says it again.
      .catch(() => undefined)
      .finally(() => {
        this.#looking = false;
      });
  }

  /** The lease is another's, or nobody's: who has it next begins from what was kept. */
  forget(): void {
    this.#current = null;
  }

  async #take(fence: bigint): Promise<void> {
    const { store, holder } = this.#engine;
    const asked = await store.requests.find(this.#job);
    if (asked === null) return;
    const answer = { runner: holder, ...noCounts, end: null };
    if ((await store.requests.answer(this.#job, asked.by, answer, fence)) !== 'heard') return;
    this.#current = { asked, fence, parts: new Map(), state: null, answer, changes: 0 };
    this.#tell(`does the backfill that ${asked.by} asks for, between its polls`);
    this.#taken();
  }

  /** Resolves in about a second, with what was read of it acknowledged. `context` has a tally of its own. */
  async slice(context: CycleContext, limiter: Limiter, signal: AbortSignal): Promise<void> {
    const taken = this.#current;
    if (taken === null) return;
    if (taken.fence !== context.fence) return this.forget();
    const { plan, source, tally } = context;
    refuseOther(plan, taken.asked.backfill, taken.asked.backfill.scope);
    const request = backfillRequest(plan, source, taken.asked.backfill.scope);
    taken.state ??= await begunState(context, taken.asked.backfill, request);
    // Told of by the command: no cycle is under way.
    const observer: Observer = (event) => {
      if (event.type !== 'cycle.progress') context.observer(event);
    };
    const more = extraPlaces(limiter, taken.asked.parallel - 1);
    const { parts } = taken;
    const until = performance.now() + sliceMs;
    const over = (): boolean => performance.now() >= until;
    const run = { request, kept: isOrdered(request), workers: 1 + more, expected: null, over, parts };
    let left: BackfillState;
    let chunks: readonly ChunkReport[] = [];
    try {
      const { state, reports } = await publishChunks({ ...run, context: { ...context, observer } }, taken.state, signal);
      chunks = reports;
      taken.state = state;
      taken.changes = 0;
      left = state;
    } finally {
      for (let place = 0; place < more; place += 1) limiter.leave();
      const { published, deadLetters, bytes } = tally;
      taken.answer = { ...taken.answer, ...addCounts(taken.answer, { published, deadLetters, bytes, chunks }) };
    }
    if (tally.deadLetters > 0) await keepCount(context);
    await this.#say(taken, isFinished(left) ? 'done' : null);
  }

  /** Why it does not go on, in the words of the runner; a relation that has changed is looked at again first. */
  async fail(thrown: unknown): Promise<void> {
    const taken = this.#current;
    if (taken === null) return;
    taken.changes += 1;
    if (thrown instanceof LiberateError && thrown.code === 'LIB215' && taken.changes <= mostChanges) return;
    const { code, message, cure, place } = asLiberateError(thrown);
    await this.#say(taken, { code, message, cure, column: place.column ?? null });
  }

  async #say(taken: Taken, end: BackfillAnswer['end']): Promise<void> {
    taken.answer = { ...taken.answer, end };
    const { asked, answer, fence } = taken;
    const heard = await this.#engine.store.requests.answer(this.#job, asked.by, answer, fence);
    if (end === null && heard === 'heard') return;
    this.#current = null;
    if (end === 'done') this.#tell(`the backfill that ${asked.by} asked for is done, ${answer.published} rows`);
    else this.#tell(`the backfill that ${asked.by} asked for has stopped, after ${answer.published} rows`);
  }

  #tell(message: string): void {
    this.#engine.observer({ type: 'job.notice', job: this.#job, message, cure: null });
  }
}

/** What is kept of it, or else the beginning, kept before its first event. LIB503, LIB407 */
async function begunState({ store, plan, fence }: CycleContext, asked: BackfillState, request: BackfillRequest): Promise<BackfillState> {
  const kept = await keptSince(store, plan, asked.begun, false);
  if (kept !== null) return kept;
  if (isOrdered(request)) await keepBegun(store, plan, asked, fence);
  return asked;
}

/** Readers beside the first take the places of cycles, where some are free, and never the last connection. */
function extraPlaces(limiter: Limiter, wanted: number): number {
  const most = Math.min(wanted, limiter.most - 2);
  let got = 0;
  while (got < most && limiter.tryEnter()) got += 1;
  return got;
}
