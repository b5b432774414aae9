import { LiberateError } from '../kit/errors.ts';
import {
  addCounts,
  type BackfillAnswer,
  type BackfillCounts,
  type BackfillState,
  type Chunk,
  isFinished,
  noCounts,
} from '../model/backfill.ts';
import type { Job } from '../model/job.ts';
import type { Lease } from '../state/lease.ts';
import type { Told } from '../state/state-store.ts';
import { AnswerListener } from './answer-listener.ts';
import { askRunner } from './ask-runner.ts';
import { keepBegun, keptSince } from './backfill-begun.ts';
import { splitIntoChunks } from './backfill-chunks.ts';
import { type BackfillOptions, type BackfillReport, checkOptions, type PlannedChunk } from './backfill-options.ts';
import { type BackfillRequest, backfillRequest, chunkRequest, isOrdered } from './backfill-request.ts';
import { publishChunks, rangeText } from './backfill-run.ts';
import { scopeOf, type Todo, whatToDo } from './backfill-scope.ts';
import { type CycleContext, keepCount } from './cycle.ts';
import type { Engine, SourceUse } from './engine.ts';
import { jobLease } from './job-lease.ts';
import { newMemory } from './job-memory.ts';
import type { JobPlan } from './job-plan.ts';
import { plansOf } from './resolve.ts';
import { admitted } from './schema-gate.ts';
import { newTally } from './tally.ts';
import { alone } from './turn.ts';

/**
 * Publishes what the job's relation holds now, whole or by a range of its cursor, chunk by chunk, and leaves the live mark
 * alone. It holds the job's lease meanwhile, so that an old row which the backfill has read can never be sent after a newer
 * one which a poller has. Where a runner holds the lease, that one is asked to do it, between its polls; to one that comes later it is left.
 */
export async function backfillJob(
  engine: Engine,
  job: Job,
  options: BackfillOptions,
  signal: AbortSignal,
): Promise<readonly BackfillReport[]> {
  const use = engine.source(job);
  checkOptions(job, use, options);
  const plans: JobPlan[] = [];
  for await (const plan of plansOf(job, use, engine.store, signal)) plans.push(plan);
  const todo = await whatToDo(engine.store, plans, options, engine.clock.now());
  if (options.resume && !todo.resumed) notice(engine, job.name, 'there is no unfinished backfill to resume: this one begins');
  const reports: BackfillReport[] = [];
  for (const plan of todo.plans) reports.push(await new Backfill(engine, use, plan, options, todo).run(signal));
  return reports;
}

function notice({ observer }: Engine, job: string, message: string, cure: string | null = null): void {
  observer({ type: 'job.notice', job, message, cure });
}

interface Done extends BackfillCounts {
  readonly expected: number | null;
}

const nothing: Done = { ...noCounts, expected: null };

/** What was done by one that held the lease, and by the next. */
const added = (before: Done, after: Done): Done => ({
  ...addCounts(before, after),
  expected: before.expected ?? after.expected,
});

/** The backfill of one relation. */
class Backfill {
  readonly #engine: Engine;
  readonly #use: SourceUse;
  readonly #plan: JobPlan;
  readonly #options: BackfillOptions;
  readonly #todo: Todo;
  readonly #request: BackfillRequest;
  /** A runner waits for the lease that is ours. */
  #wanted = false;

  constructor(engine: Engine, use: SourceUse, plan: JobPlan, options: BackfillOptions, todo: Todo) {
    this.#engine = engine;
    this.#use = use;
    this.#plan = plan;
    this.#options = options;
    this.#todo = todo;
    this.#request = backfillRequest(plan, use.source, options);
  }

  async run(signal: AbortSignal): Promise<BackfillReport> {
    const { clock } = this.#engine;
    const startedAt = clock.now();
    const estimated = await this.#use.source.estimate({ ...this.#request, page: null, limit: null }, signal);
    const { name: job } = this.#plan;
    if (this.#options.dryRun) {
      const state = (await this.#begun()) ?? (await this.#split(estimated, signal));
      const chunks = await this.#planned(state, signal);
      return { job, published: 0, deadLetters: 0, bytes: 0, startedAt, endedAt: clock.now(), expected: toCome(estimated, state), chunks };
    }
    return { job, startedAt, ...(await this.#publish(estimated, signal)), endedAt: clock.now() };
  }

  async #publish(estimated: number | null, signal: AbortSignal): Promise<Done> {
    const kept = isOrdered(this.#request);
    for (let done = nothing; ; ) {
      const asked = await this.#lease(estimated, kept, signal);
      done = added(done, asked.done);
      if (asked.lease === null) return done;
      const own = await this.#underLease(asked.lease, estimated, kept, signal);
      done = added(done, own.done);
      if (!own.left) return done;
      notice(this.#engine, this.#plan.name, 'a runner waits for the job: it is given the lease, and asked for the rest');
    }
  }

  /** What is not done, up to the page after which a runner wants the lease. */
  async #underLease(
    held: Lease,
    estimated: number | null,
    kept: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly done: Done; readonly left: boolean }> {
    await using lease = held;
    const { store, clock, observer, readBack } = this.#engine;
    const plan = this.#plan;
    const { source } = this.#use;
    const sink = this.#engine.sink(plan.job);
    const { fence } = lease;
    const registry = this.#engine.registry(plan.job);
    const tally = newTally();
    const memory = newMemory();
    const given: CycleContext = { plan, source, sink, registry, store, observer, clock, fence, tally, memory, readBack, turn: alone };
    const context = await admitted(given, 'unknown', signal);
    const state = (await keptSince(store, plan, this.#todo.begun, this.#options.restart)) ?? (await this.#split(estimated, signal));
    await sink.prepare(plan.topic, signal);
    if (plan.letters !== null) await sink.prepare(plan.letters, signal);
    if (kept && !isFinished(state)) await keepBegun(store, plan, state, fence);
    this.#tellPlan(state, kept);
    const expected = toCome(estimated, state);
    const workers = this.#options.parallel;
    const run = { context, request: this.#request, kept, workers, expected, over: () => kept && this.#wanted, parts: new Map() };
    try {
      const { reports: chunks, state: reached } = await publishChunks(run, state, AbortSignal.any([signal, lease.lost]));
      await keepCount(context);
      const { published, deadLetters, bytes } = tally;
      return { done: { published, deadLetters, bytes, expected, chunks }, left: kept && !isFinished(reached) };
    } catch (error) {
      if (kept) await this.#tellHowToResume();
      throw error;
    }
  }

  /** The job's lease, once it is free, and what its runner has done of the backfill until then; null: all of it. */
  async #lease(
    estimated: number | null,
    kept: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly lease: Lease | null; readonly done: Done }> {
    this.#wanted = false;
    const options = { standing: 'yields', onTold: this.#onTold } as const;
    try {
      return { lease: await jobLease(this.#engine, this.#plan.name, false, signal, options), done: nothing };
    } catch (error) {
      if (!(error instanceof LiberateError) || error.code !== 'LIB406') throw error;
    }
    try {
      return await this.#ask(estimated, kept, signal);
    } catch (error) {
      if (kept) await this.#tellHowToResume();
      throw error;
    }
  }

  async #ask(estimated: number | null, kept: boolean, signal: AbortSignal): Promise<{ readonly lease: Lease | null; readonly done: Done }> {
    const { holder: by, clock } = this.#engine;
    const { name } = this.#plan;
    const { parallel, wait } = this.#options;
    const backfill = (await this.#begun()) ?? (await this.#split(estimated, signal));
    this.#tellPlan(backfill, kept);
    const expected = toCome(estimated, backfill);
    const listener = new AnswerListener(this.#engine, name, backfill.chunks.length, expected, clock.now());
    const told = (answer: BackfillAnswer): void => listener.hear(answer);
    const asking = { job: name, asked: { by, parallel, backfill }, wait, onTold: this.#onTold, told };
    const outcome = await askRunner(this.#engine, asking, signal);
    const done = listener.done;
    if (outcome.kind === 'lease') {
      notice(this.#engine, name, 'its lease is free: this command goes on with the backfill itself');
      return { lease: outcome.lease, done };
    }
    const { end } = outcome.answer;
    if (end === null || end === 'done') return { lease: null, done };
    const { code, message, cure, column } = end;
    throw new LiberateError(code, message, { place: { job: name, ...(column === null ? {} : { column }) }, cure });
  }

  readonly #onTold = ({ wanted }: Told): void => {
    this.#wanted = this.#wanted || wanted;
  };

  async #begun(): Promise<BackfillState | null> {
    const found = await this.#engine.store.loadBackfill(this.#plan.name);
    return found?.begun === this.#todo.begun ? found : null;
  }

  async #split(expected: number | null, signal: AbortSignal): Promise<BackfillState> {
    const { source, timezone } = this.#use;
    const options = this.#options;
    const input = { plan: this.#plan, source, request: this.#request, range: options, timezone, expected, workers: options.parallel };
    const chunks = await splitIntoChunks(input, signal);
    return {
      scope: scopeOf(this.#plan, options),
      begun: this.#todo.begun,
      chunks: chunks.map((chunk) => ({ ...chunk, mark: null, done: false, published: 0 })),
    };
  }

  #tellPlan({ chunks }: BackfillState, kept: boolean): void {
    const { parallel } = this.#options;
    const { name } = this.#plan;
    if (!kept && parallel > 1) {
      notice(this.#engine, name, 'has no key, so it cannot be split: it is read as one chunk, and cannot be resumed');
    }
    if (chunks.length === 1) return;
    const done = chunks.filter((chunk) => chunk.done).length;
    const alone = chunks.filter((chunk) => !chunk.done && chunk.alone).length;
    const parts = [
      `${chunks.length} chunks${done > 0 ? `, ${done} of them done already` : ''}, ${parallel} at a time`,
      parallel > 1 && alone > 0 ? `the last ${alone} one after the other, as rows may still move into them` : '',
    ];
    notice(this.#engine, name, parts.filter((part) => part !== '').join('; '));
  }

  async #tellHowToResume(): Promise<void> {
    const { store, observer } = this.#engine;
    const { name, job } = this.#plan;
    // The failure that brought us here is the one to tell.
    const state = await store.loadBackfill(name).catch(() => null);
    if (state === null || isFinished(state)) return;
    const done = state.chunks.filter((chunk) => chunk.done).length;
    const message = `the backfill stopped with ${done} of ${state.chunks.length} chunks done`;
    observer({ type: 'job.warning', job: name, message, cure: `Go on with the same command and --resume (--job ${job.name} --resume)` });
  }

  async #planned({ chunks }: BackfillState, signal: AbortSignal): Promise<readonly PlannedChunk[]> {
    const planned: PlannedChunk[] = [];
    for (const [at, chunk] of chunks.entries()) {
      if (chunk.done) continue;
      planned.push({ chunk: at + 1, range: rangeText(this.#plan, chunk), expected: chunk.rows ?? (await this.#estimate(chunk, signal)) });
    }
    return planned;
  }

  #estimate(chunk: Chunk, signal: AbortSignal): Promise<number | null> {
    return this.#use.source.estimate({ ...chunkRequest(this.#request, chunk), page: chunk.after, limit: null }, signal);
  }
}

function toCome(estimated: number | null, { chunks }: BackfillState): number | null {
  const done = chunks.reduce((sum, { published }) => sum + published, 0);
  return estimated === null ? null : Math.max(0, estimated - done);
}
