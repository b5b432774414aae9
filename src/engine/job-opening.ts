import { backoffDelay } from '../kit/backoff.ts';
import { asLiberateError, formatError } from '../kit/errors.ts';
import type { Guarantee } from '../model/guarantee.ts';
import type { Job } from '../model/job.ts';
import type { Horizon } from '../model/watermark.ts';
import type { LiberateEvent } from '../observe/event.ts';
import type { Engine } from './engine.ts';
import type { JobMemory } from './job-memory.ts';
import { type JobPlan, remarksOf } from './job-plan.ts';
import { refuseNullKeys } from './key-nulls.ts';
import { resolveTarget, type Target } from './resolve.ts';
import { promiseOf } from './told-deletes.ts';
import { claimTopic, type TopicClaims } from './topic-claims.ts';
import { inItsVersion } from './topic-version.ts';

/** Where a job meets its relation: what it will do, what it promises, and that it may; told once, until it changes. */
export class JobOpening {
  readonly #engine: Engine;
  readonly #job: Job;
  readonly #target: Target;
  readonly #claims: TopicClaims;
  #introduced = '';
  /** What the job promises under a horizon; null until it has met its relation. */
  promises: ((horizon: Horizon) => Guarantee) | null = null;

  constructor(engine: Engine, job: Job, target: Target, claims: TopicClaims) {
    this.#engine = engine;
    this.#job = job;
    this.#target = target;
    this.#claims = claims;
  }

  plan(memory: JobMemory, signal: AbortSignal): Promise<JobPlan> {
    return this.#retrying(() => this.#resolve(memory, signal), signal);
  }

  async #resolve(memory: JobMemory, signal: AbortSignal): Promise<JobPlan> {
    const { source, timezone } = this.#engine.source(this.#job);
    const facts = await source.check(signal);
    const resolved = await resolveTarget(this.#job, this.#target, source, facts, timezone, signal);
    const plan = await inItsVersion(resolved, this.#engine.store);
    // Only here are the tables of a wildcard known, and so its topics.
    claimTopic(this.#claims, this.#job.sink, plan);
    await refuseNullKeys(plan, source, signal);
    const findings = await this.#engine.sink(this.#job).prepare(plan.topic, signal);
    if (plan.letters !== null) await this.#engine.sink(this.#job).prepare(plan.letters, signal);
    this.promises = (horizon) => promiseOf(plan, this.#engine.sink(this.#job), facts.sight, horizon);
    memory.horizon = await source.horizon(this.#job.lookback, signal);
    const guarantee = this.promises(memory.horizon);
    const { name: job, relationName: relation, mode } = plan;
    const remarks = [...facts.remarks, ...remarksOf(plan)].map(
      (message): LiberateEvent => ({ type: 'job.notice', job, message, cure: null }),
    );
    const found = findings.map(({ severity, message, cure }): LiberateEvent => {
      return { type: severity === 'info' ? 'job.notice' : 'job.warning', job, message, cure };
    });
    this.#introduce([{ type: 'job.start', job, relation, topic: plan.topic.name, mode, ...guarantee }, ...remarks, ...found]);
    return plan;
  }

  /** A job that fails is looked at again before each try: what is said of it is said once, until it changes. */
  #introduce(events: readonly LiberateEvent[]): void {
    // How far the look-back reaches just now is no change of what is said.
    const text = JSON.stringify(events, (key, value: unknown) => (key === 'ms' ? undefined : value));
    if (text === this.#introduced) return;
    this.#introduced = text;
    for (const event of events) this.#engine.observer(event);
  }

  /** Connecting and looking have the same retries as a cycle. */
  async #retrying<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, random, observer } = this.#engine;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (thrown) {
        const error = asLiberateError(thrown).at({ job: this.#target.name });
        if (signal.aborted || !error.transient || attempt > this.#job.retries) throw error;
        const delayMs = backoffDelay(attempt, random());
        observer({ type: 'cycle.retry', job: this.#target.name, attempt, delayMs, code: error.code, reason: formatError(error) });
        await clock.sleep(delayMs, signal);
      }
    }
  }
}
