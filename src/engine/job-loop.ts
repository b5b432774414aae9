import { backoffDelay } from '../kit/backoff.ts';
import { asLiberateError, formatError, type LiberateError } from '../kit/errors.ts';
import type { Guarantee } from '../model/guarantee.ts';
import type { Job } from '../model/job.ts';
import type { CycleReport } from '../model/report.ts';
import type { JobState } from '../model/state.ts';
import type { Horizon } from '../model/watermark.ts';
import type { LiberateEvent } from '../observe/event.ts';
import { holdLease, type Lease } from '../state/lease.ts';
import { Alarm } from './alarm.ts';
import { type AttemptContext, attemptCycle } from './attempt.ts';
import { aligned, earliestHinted, firstDue, nextDue, paced } from './cadence.ts';
import { emptyReport } from './empty-report.ts';
import type { Engine, SourceUse } from './engine.ts';
import { newMemory } from './job-memory.ts';
import { type JobPlan, remarksOf } from './job-plan.ts';
import { refuseNullKeys } from './key-nulls.ts';
import { type QuietReports, record } from './quiet-reports.ts';
import { resolveTarget, type Target } from './resolve.ts';
import { Sweep, type Swept } from './sweep.ts';
import { newTally } from './tally.ts';
import { promiseOf } from './told-deletes.ts';
import { claimTopic, type TopicClaims } from './topic-claims.ts';
import { watchHints } from './watch-hints.ts';

export interface LoopOptions {
  /** One cycle, then done. */
  readonly once: boolean;
  /** Wait for a lease that another holds; otherwise LIB406. */
  readonly waitForLease: boolean;
}

/** What the jobs of a run have in common. */
export interface Shared {
  readonly claims: TopicClaims;
  readonly quiet: QuietReports;
}

/** A job on its own: takes the lease, wakes when due, runs cycles one at a time, until the signal aborts. */
export class JobLoop {
  readonly #engine: Engine;
  readonly #job: Job;
  readonly #target: Target;
  readonly #use: SourceUse;
  readonly #options: LoopOptions;
  readonly #claims: TopicClaims;
  readonly #quiet: QuietReports;
  readonly #alarm: Alarm;
  #plan: JobPlan | null = null;
  /** What the job promises under a horizon; null until it has met its relation. */
  #promises: ((horizon: Horizon) => Guarantee) | null = null;
  #introduced = '';
  /** The newest cycle published something, or failed. */
  #busy = true;
  readonly #memory = newMemory();
  /** The failure of the newest cycle; null when it was well. */
  failure: LiberateError | null = null;

  constructor(engine: Engine, job: Job, target: Target, options: LoopOptions, { claims, quiet }: Shared) {
    this.#engine = engine;
    this.#job = job;
    this.#target = target;
    this.#use = engine.source(job);
    this.#options = options;
    this.#claims = claims;
    this.#quiet = quiet;
    this.#alarm = new Alarm(engine.clock);
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let wait = this.#options.waitForLease; !signal.aborted; wait = true) {
      await using lease = await this.#lease(wait, signal);
      await using _told = this.#tellLease();
      const held = AbortSignal.any([signal, lease.lost]);
      if (this.#options.once) {
        await this.#once(lease, held);
        return;
      }
      await this.#scheduled(lease, held);
      // Here the lease was lost, or the run ends: a lost lease is waited for again.
    }
  }

  #tellLease(): AsyncDisposable {
    const tell = (held: boolean): void => this.#engine.observer({ type: 'job.lease', job: this.#target.name, held });
    tell(true);
    return { [Symbol.asyncDispose]: async () => tell(false) };
  }

  /** A cycle, and the reconcile that is due. */
  async #once(lease: Lease, signal: AbortSignal): Promise<void> {
    await using sweep = new Sweep();
    await this.#cycle(lease, 'unknown', signal);
    for (let swept: Swept = 'slice'; swept === 'slice' || swept === 'poll'; ) {
      if (this.failure !== null || signal.aborted) return;
      swept = await this.#sweep(sweep, lease, signal);
      if (swept === 'poll') await this.#cycle(lease, 'unknown', signal);
    }
  }

  async #lease(wait: boolean, signal: AbortSignal): Promise<Lease> {
    const { store, holder, leaseTtlMs, clock, observer } = this.#engine;
    const job = this.#target.name;
    let told = '';
    return holdLease(
      store,
      job,
      {
        holder,
        ttlMs: leaseTtlMs,
        clock,
        wait,
        onWait: ({ holder: other }) => {
          if (other !== told) observer({ type: 'job.notice', job, message: `waits for the lease that ${other} holds`, cure: null });
          told = other;
        },
      },
      signal,
    );
  }

  async #scheduled(lease: Lease, signal: AbortSignal): Promise<void> {
    const { clock, store } = this.#engine;
    const { cadence, overlap } = this.#job;
    // Only a cron job asks when it last ran: a tick that it missed is made up for.
    const last = cadence.kind === 'cron' ? (await store.list()).find(({ job }) => job === this.#target.name)?.last : undefined;
    await using _hints = watchHints(this.#target.name, this.#job, this.#use, this.#engine, this.#alarm);
    let earliest = clock.now();
    let due = firstDue(cadence, last?.startedAt ?? null, clock.now());
    let state: JobState | null | 'unknown' = 'unknown';
    let pace = cadence;
    await using sweep = new Sweep();
    while (!signal.aborted) {
      // By a clock that was set back it could be due in hours.
      const latest = pace.kind === 'every' ? clock.now() + 2 * pace.ms : due;
      if (await this.#untilDue(sweep, Math.min(due, latest) + this.#jitter(), earliest, lease, signal)) state = 'unknown';
      if (signal.aborted) return;
      const startedAt = clock.now();
      state = await this.#cycle(lease, state, signal);
      // Waiting for it to fall due again could take hours; where trying again is no use, it is the next hint's turn.
      if (this.failure?.transient) this.#alarm.again();
      earliest = earliestHinted(startedAt, clock.now(), this.failure !== null);
      pace = paced(cadence, pace, this.#busy);
      const next = nextDue(pace, overlap, startedAt, clock.now());
      if (next.overlapped && overlap === 'skip') await this.#tell(this.#skipped('overlap', startedAt));
      due = aligned(pace, next.due);
    }
  }

  /** Waits for the next cycle, and reconciles meanwhile. Returns whether the saved state may have changed. */
  async #untilDue(sweep: Sweep, due: number, earliest: number, lease: Lease, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#engine;
    let changed = false;
    // A slice at least, however often the job polls: otherwise a reconcile might never end.
    while (!signal.aborted && this.#job.reconcile !== null && this.#plan !== null && this.failure === null) {
      const swept = await this.#sweep(sweep, lease, signal);
      changed ||= swept !== 'idle';
      if (swept === 'poll') return true;
      if (this.#alarm.rung || clock.now() >= due) break;
      if (swept === 'slice') continue;
      const wakeAt = Math.min(due, sweep.dueAt ?? due);
      await this.#alarm.wait(wakeAt, Math.max(earliest, clock.now()), signal);
      if (wakeAt === due || this.#alarm.rung) break;
    }
    await this.#alarm.wait(due, earliest, signal);
    return changed;
  }

  /** One turn, under the bound of what runs on the source at once. Its failure is the job's, until the next cycle. */
  async #sweep(sweep: Sweep, lease: Lease, signal: AbortSignal): Promise<Swept> {
    const startedAt = this.#engine.clock.now();
    try {
      return await this.#use.limiter.run(signal, async () => {
        const context = await this.#context(lease, signal);
        return sweep.turn({ ...context, tally: newTally() }, signal);
      });
    } catch (thrown) {
      if (signal.aborted) return 'idle';
      const error = asLiberateError(thrown).at({ job: this.#target.name });
      this.failure = error;
      const reason = `reconcile: ${formatError(error)}`;
      await this.#tell({ ...this.#skipped(reason, startedAt), outcome: 'failed', code: error.code });
      return 'idle';
    }
  }

  #jitter(): number {
    return Math.round(this.#job.jitter * this.#engine.random());
  }

  async #cycle(lease: Lease, state: JobState | null | 'unknown', signal: AbortSignal): Promise<JobState | null | 'unknown'> {
    const { clock } = this.#engine;
    const startedAt = clock.now();
    try {
      const attempted = await this.#use.limiter.run(signal, async () => {
        this.#alarm.answer();
        const context = await this.#context(lease, signal);
        return attemptCycle(context, state, signal);
      });
      // What failed may have failed because the relation changed: look at it again before the next cycle.
      if (attempted.error !== null) this.#plan = null;
      this.failure = attempted.error;
      this.#busy = attempted.error !== null || attempted.report.published > 0;
      await this.#tell(attempted.report);
      return attempted.state;
    } catch (thrown) {
      if (signal.aborted) return 'unknown';
      const error = asLiberateError(thrown).at({ job: this.#target.name });
      this.failure = error;
      this.#busy = true;
      await this.#tell({ ...this.#skipped(formatError(error), startedAt), outcome: 'failed', code: error.code });
      return 'unknown';
    }
  }

  async #context(lease: Lease, signal: AbortSignal): Promise<AttemptContext> {
    const { store, observer, clock, random } = this.#engine;
    const { readBack } = this.#engine;
    const { source } = this.#use;
    const sink = this.#engine.sink(this.#job);
    this.#plan ??= await this.#retrying(() => this.#resolve(signal), signal);
    const context = { plan: this.#plan, source, sink, store, observer, clock, random, fence: lease.fence, memory: this.#memory };
    return { ...context, readBack };
  }

  async #resolve(signal: AbortSignal): Promise<JobPlan> {
    const { source, timezone } = this.#use;
    const facts = await source.check(signal);
    const plan = await resolveTarget(this.#job, this.#target, source, facts, timezone, signal);
    // Only here are the tables of a wildcard known, and so its topics.
    claimTopic(this.#claims, this.#job.sink, plan);
    await refuseNullKeys(plan, source, signal);
    const findings = await this.#engine.sink(this.#job).prepare(plan.topic, signal);
    if (plan.letters !== null) await this.#engine.sink(this.#job).prepare(plan.letters, signal);
    this.#promises = (horizon) => promiseOf(plan, this.#engine.sink(this.#job), facts.sight, horizon);
    this.#memory.horizon = await source.horizon(this.#job.lookback, signal);
    const guarantee = this.#promises(this.#memory.horizon);
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

  async #tell(bare: CycleReport): Promise<void> {
    const { horizon } = this.#memory;
    const report = { ...bare, guarantee: horizon === null ? null : (this.#promises?.(horizon) ?? null) };
    this.#engine.observer({ type: 'cycle.end', report });
    const quiet = report.outcome === 'ok' && report.published === 0 && report.deadLetters === 0 && !this.#options.once;
    if (quiet) {
      this.#quiet.add(report);
      return;
    }
    this.#quiet.forget(report.job);
    await record(this.#engine, [report]);
  }

  #skipped(reason: string, startedAt: number): CycleReport {
    return emptyReport(this.#target.name, startedAt, this.#engine.clock.now(), reason);
  }
}
