import { type AttemptContext, attemptCycle } from '../../src/engine/attempt.ts';
import { backfillJob } from '../../src/engine/backfill.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { newMemory } from '../../src/engine/job-memory.ts';
import type { JobPlan } from '../../src/engine/job-plan.ts';
import { alone } from '../../src/engine/turn.ts';
import { type Clock, systemClock } from '../../src/kit/clock.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import { Limiter } from '../../src/kit/limiter.ts';
import type { JobState } from '../../src/model/state.ts';
import { openMemory } from '../../src/sink/memory/memory.ts';
import type { Sink } from '../../src/sink/sink.ts';
import type { Source } from '../../src/source/source.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { noReader } from '../engine/no-reader.ts';
import type { KeyedEvent } from './checker.ts';
import { FaultyWriting, type SeededFault } from './model-faults.ts';
import type { Action, Poll } from './model-steps.ts';

export interface ModelJob {
  readonly source: Source;
  readonly plan: JobPlan;
  /**
   * Microseconds of margin that the source adds to what it sees, for races of clocks that a model without any has not: without
   * them the look-back reaches back to the very transaction that it must reach.
   */
  readonly margin: bigint;
}

export interface ModelOptions {
  /** Rows of a page. */
  readonly batch: number;
  readonly fault: SeededFault | null;
}

export interface Polled {
  readonly ok: boolean;
  readonly published: number;
}

const signal = new AbortController().signal;
const ttlMs = 600_000;

/** The engine on a real database, whose calls can be come between, and which can be gone at any of them. */
export class ModelPoller {
  readonly #job: ModelJob;
  readonly #options: ModelOptions;
  readonly #apply: (action: Action) => Promise<void>;
  readonly #trace: string[];
  readonly #writing: FaultyWriting;
  readonly #memory = openMemory();
  readonly #store = openMemoryState();
  #known: JobState | null | 'unknown' = 'unknown';
  /** Of the process that knows the state. */
  #remembered = newMemory();
  #ticks = Date.now();

  constructor(job: ModelJob, options: ModelOptions, apply: (action: Action) => Promise<void>, trace: string[]) {
    this.#job = job;
    this.#options = options;
    this.#writing = new FaultyWriting(options.fault, (batch) => this.#memory.send(job.plan.topic.name, batch, signal));
    this.#apply = apply;
    this.#trace = trace;
  }

  events(): readonly KeyedEvent[] {
    return this.#memory
      .records(this.#job.plan.topic.name)
      .map(({ key, value }) => ({ key: String(key), value: value?.toString() ?? null }));
  }

  /** What a restart would start from. */
  stored(): Promise<JobState | null> {
    return this.#store.load(this.#job.plan.name);
  }

  async run(step: Poll): Promise<Polled> {
    const life = new Life(step, this.#apply, this.#trace);
    this.#trace.push(`${step.do}${step.crash === null ? '' : `, ${step.crash.how} at ${step.crash.at}`}`);
    const polled = step.do === 'poll' ? await this.#poll(life) : await this.#backfill(life);
    await this.#writing.end(life.gone);
    if (step.restart || life.gone || step.do === 'backfill') {
      this.#known = 'unknown';
      this.#remembered = newMemory();
    }
    this.#trace.push(`  ${step.do} ${polled.ok ? 'ended' : 'failed'}, ${polled.published} published`);
    return polled;
  }

  async #poll(life: Life): Promise<Polled> {
    const { plan } = this.#job;
    const acquired = await this.#store.acquire(plan.name, 'model', ttlMs);
    if (!acquired.ok) throw new Error('the lease is held by another');
    const context: AttemptContext = {
      plan: { ...plan, job: { ...plan.job, batch: this.#options.batch } },
      source: this.#source(life),
      sink: this.#sink(life),
      store: this.#states(life),
      observer: () => undefined,
      clock: this.#clock,
      random: () => 0,
      fence: acquired.fence,
      memory: this.#remembered,
      turn: alone,
      readBack: noReader,
    };
    const { report, state } = await attemptCycle(context, this.#known, signal);
    this.#known = state;
    return { ok: report.outcome === 'ok', published: report.published };
  }

  async #backfill(life: Life): Promise<Polled> {
    const source = this.#source(life);
    const engine: Engine = {
      store: this.#states(life),
      observer: () => undefined,
      clock: this.#clock,
      random: () => 0,
      holder: 'model',
      leaseTtlMs: ttlMs,
      readBack: noReader,
      source: () => ({ source, limiter: new Limiter(4), timezone: null }),
      sink: () => this.#sink(life),
    };
    const options = { from: null, to: null, window: null, dryRun: false, wait: false, parallel: 1, resume: true, restart: false };
    try {
      const reports = await backfillJob(engine, { ...this.#job.plan.job, batch: this.#options.batch }, options, signal);
      return { ok: true, published: reports.reduce((sum, { published }) => sum + published, 0) };
    } catch (error) {
      if (life.faults === 0) throw error;
      return { ok: false, published: 0 };
    }
  }

  /** Each look takes a third of a second, so that a read commits in its middle too. */
  get #clock(): Clock {
    return { now: () => (this.#ticks += 333), sleep: systemClock.sleep };
  }

  #source(life: Life): Source {
    const { source, margin } = this.#job;
    const blind = this.#options.fault === 'no look-back';
    return new Proxy(source, {
      get: (target, name) => {
        const own: unknown = Reflect.get(target, name, target);
        if (typeof own !== 'function') return own;
        if (name === 'parseCursor') return own.bind(target);
        if (name === 'read') {
          return async function* read(...args: Parameters<Source['read']>): ReturnType<Source['read']> {
            await life.call('read');
            for await (const batch of target.read(...args)) {
              yield batch;
              await life.call('rows');
            }
          };
        }
        return async (...args: unknown[]) => {
          await life.call(String(name));
          const answer: unknown = await own.apply(target, args);
          if (name !== 'horizon') return answer;
          const horizon = answer as Awaited<ReturnType<Source['horizon']>>;
          return { ...horizon, floor: blind ? horizon.now : horizon.floor + margin };
        };
      },
    });
  }

  #sink(life: Life): Sink {
    return new Proxy<Sink>(this.#memory, {
      get: (target, name) => {
        if (name === 'limits') return () => ({ records: 3, bytes: 1_000_000, inFlight: 2 });
        if (name !== 'send') return Reflect.get(target, name, target);
        const send: Sink['send'] = (_topic, batch) =>
          life.durable('send', (part) => {
            for (let left = batch.count; part && left > 1; left -= 1) batch.pop();
            return this.#writing.write(batch);
          });
        return send;
      },
    });
  }

  #states(life: Life): StateStore {
    return new Proxy(this.#store, {
      get: (target, name) => {
        const own: unknown = Reflect.get(target, name, target);
        if (typeof own !== 'function') return own;
        // A lease that is not released would only be waited for.
        if (name !== 'commit' && name !== 'commitBackfill') return own.bind(target);
        return async (...args: unknown[]) => {
          let outcome: unknown;
          await life.durable(String(name), async () => {
            outcome = await own.apply(target, args);
          });
          return outcome;
        };
      },
    });
  }
}

/** One run of the engine: what comes between its calls, and its end. */
class Life {
  readonly #step: Poll;
  readonly #apply: (action: Action) => Promise<void>;
  readonly #trace: string[];
  #calls = 0;
  /** Two sends are under way at once; the sessions do one thing after the other. */
  #turn: Promise<void> = Promise.resolve();
  #durable = 0;
  gone = false;
  /** Calls that have failed. */
  faults = 0;

  constructor(step: Poll, apply: (action: Action) => Promise<void>, trace: string[]) {
    this.#step = step;
    this.#apply = apply;
    this.#trace = trace;
  }

  async call(what: string): Promise<void> {
    if (this.gone) throw this.#fault('is gone');
    const actions = this.#step.between[this.#calls] ?? [];
    this.#calls += 1;
    // In the order of the calls also where nothing comes before one of them: no sink lets a batch overtake another.
    this.#turn = this.#turn.then(async () => {
      if (actions.length > 0) this.#trace.push(`  before ${what}:`);
      for (const action of actions) await this.#apply(action);
    });
    await this.#turn;
  }

  /** `work`: with true, only a part of it. */
  async durable(what: string, work: (part: boolean) => Promise<void>): Promise<void> {
    await this.call(what);
    // Another call may have been the last one meanwhile.
    if (this.gone) throw this.#fault('is gone');
    const at = this.#durable;
    this.#durable += 1;
    const { crash } = this.#step;
    if (crash === null || at !== crash.at) {
      this.#trace.push(`  ${what}`);
      return work(false);
    }
    this.gone = crash.how !== 'fault';
    this.#trace.push(`  ${what}: ${crash.how}`);
    if (crash.how === 'after' || crash.how === 'part') await work(crash.how === 'part');
    throw this.#fault(`fails at ${what}`);
  }

  #fault(what: string): LiberateError {
    this.faults += 1;
    return new LiberateError('LIB305', `the process ${what}, as it was told to`);
  }
}
