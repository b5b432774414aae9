import { type AttemptContext, attemptCycle } from '../../src/engine/attempt.ts';
import { backfillJob } from '../../src/engine/backfill.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { newMemory } from '../../src/engine/job-memory.ts';
import type { JobPlan } from '../../src/engine/job-plan.ts';
import { Sweep, type Swept } from '../../src/engine/sweep.ts';
import { newTally } from '../../src/engine/tally.ts';
import { alone } from '../../src/engine/turn.ts';
import { type Clock, systemClock } from '../../src/kit/clock.ts';
import { Limiter } from '../../src/kit/limiter.ts';
import type { JobState } from '../../src/model/state.ts';
import { openMemory } from '../../src/sink/memory/memory.ts';
import type { Sink } from '../../src/sink/sink.ts';
import type { Source } from '../../src/source/source.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import type { PublishedStore } from '../../src/state/published-store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { noReader } from '../engine/no-reader.ts';
import type { KeyedEvent } from './checker.ts';
import { FaultyWriting, type SeededFault } from './model-faults.ts';
import { Life } from './model-life.ts';
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
  /** Of the process that is there. */
  #remembered = newMemory();
  #appended = 0;
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
    const polled = await this.#run(step.do, life);
    await this.#writing.end(life.gone);
    if (step.restart || life.gone || step.do === 'backfill') {
      this.#remembered = newMemory();
    }
    this.#trace.push(`  ${step.do} ${polled.ok ? 'ended' : 'failed'}, ${polled.published} published`);
    return polled;
  }

  #run(what: Poll['do'], life: Life): Promise<Polled> {
    if (what === 'backfill') return this.#backfill(life);
    return what === 'poll' || this.#job.plan.job.reconcile === null ? this.#poll(life) : this.#reconcile(life);
  }

  async #poll(life: Life): Promise<Polled> {
    return this.#cycle(await this.#context(life));
  }

  /** A reconcile to its end, with the polls that it asks for; it needs a poll before it that has ended well. */
  async #reconcile(life: Life): Promise<Polled> {
    const context = await this.#context(life);
    const tally = newTally();
    await using sweep = new Sweep();
    let { ok, published } = this.#remembered.state === 'unknown' ? await this.#cycle(context) : { ok: true, published: 0 };
    try {
      for (let swept: Swept = 'slice'; ok && (swept === 'slice' || swept === 'poll'); ) {
        swept = await sweep.turn({ ...context, tally }, signal);
        if (swept === 'idle') throw new Error('no reconcile was due');
        if (swept !== 'poll') continue;
        const polled = await this.#cycle(context);
        ok = polled.ok;
        published += polled.published;
      }
    } catch (error) {
      if (life.faults === 0) throw error;
      this.#remembered.state = 'unknown';
      ok = false;
    }
    return { ok, published: published + tally.published };
  }

  async #cycle(context: AttemptContext): Promise<Polled> {
    const { report, state } = await attemptCycle(context, this.#remembered.state, signal);
    this.#remembered.state = state;
    return { ok: report.outcome === 'ok', published: report.published };
  }

  async #context(life: Life): Promise<AttemptContext> {
    const { plan } = this.#job;
    const acquired = await this.#store.acquire(plan.name, 'model', ttlMs);
    if (!acquired.ok) throw new Error('the lease is held by another');
    return {
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
      registry: null,
    };
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
      registry: () => null,
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
    // A lease that is not released would only be waited for.
    const store = life.guard(this.#store, ['commit', 'commitBackfill']);
    const remembered = this.#forgetting(this.#store.published);
    const published = life.guard(remembered, ['append', 'saveHead', 'replace', 'dropLog', 'clear']);
    return new Proxy(store, { get: (target, name) => (name === 'published' ? published : Reflect.get(target, name)) });
  }

  #forgetting(published: PublishedStore): PublishedStore {
    if (this.#options.fault !== 'forgotten keys') return published;
    const append: PublishedStore['append'] = (job, segments, sure, fence) => {
      this.#appended += segments.length;
      return published.append(job, segments.length > 0 && this.#appended % 3 === 0 ? [] : segments, sure, fence);
    };
    return new Proxy(published, {
      get: (target, name) => {
        const own: unknown = name === 'append' ? append : Reflect.get(target, name, target);
        return typeof own === 'function' ? own.bind(target) : own;
      },
    });
  }
}
