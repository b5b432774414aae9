import { asLiberateError, formatError, type LiberateError } from '../kit/errors.ts';
import type { Job } from '../model/job.ts';
import type { JobState } from '../model/state.ts';
import type { Lease } from '../state/lease.ts';
import type { Told } from '../state/state-store.ts';
import { Alarm } from './alarm.ts';
import { AskedBackfills } from './asked-backfills.ts';
import { type AttemptContext, attemptCycle } from './attempt.ts';
import { aligned, firstDue, nextDue, noRest, onBeat, paced, restAfter } from './cadence.ts';
import type { Engine, SourceUse } from './engine.ts';
import { jobLease } from './job-lease.ts';
import { newMemory } from './job-memory.ts';
import { JobOpening } from './job-opening.ts';
import type { JobPlan } from './job-plan.ts';
import { JobReports } from './job-reports.ts';
import { isLight, type Look, lookTogether } from './quiet-poll.ts';
import type { QuietReports } from './quiet-reports.ts';
import type { Target } from './resolve.ts';
import { admitted } from './schema-gate.ts';
import { Sweep, type Swept } from './sweep.ts';
import { newTally } from './tally.ts';
import type { TopicClaims } from './topic-claims.ts';
import { alone, type Found, LimitedTurn, type Turn } from './turn.ts';
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
  readonly #opening: JobOpening;
  readonly #reports: JobReports;
  readonly #alarm: Alarm;
  readonly #asked: AskedBackfills;
  #plan: JobPlan | null = null;
  /** The newest cycle published something, or failed. */
  #busy = true;
  /** The newest cycle that read apart found nothing to publish, in a moment. */
  #light = false;
  readonly #memory = newMemory();
  /** The failure of the newest cycle; null when it was well. */
  failure: LiberateError | null = null;

  constructor(engine: Engine, job: Job, target: Target, options: LoopOptions, { claims, quiet }: Shared) {
    this.#engine = engine;
    this.#job = job;
    this.#target = target;
    this.#use = engine.source(job);
    this.#options = options;
    this.#opening = new JobOpening(engine, job, target, claims);
    this.#reports = new JobReports(engine, target.name, this.#opening, this.#memory, quiet, options.once);
    this.#alarm = new Alarm(engine.clock, job.wake !== null);
    this.#asked = new AskedBackfills(engine, target.name, () => this.#alarm.stir());
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

  async #lease(wait: boolean, signal: AbortSignal): Promise<Lease> {
    let held: Lease | null = null;
    // One cycle is over soon: whoever asks can have the lease then.
    const onTold = ({ asked }: Told): void => void (asked && held !== null && this.#asked.notice(held.fence));
    this.#asked.forget();
    held = await jobLease(this.#engine, this.#target.name, wait, signal, this.#options.once ? {} : { standing: 'wants', onTold });
    return held;
  }

  #tellLease(): AsyncDisposable {
    const tell = (held: boolean): void => this.#engine.observer({ type: 'job.lease', job: this.#target.name, held });
    tell(true);
    return { [Symbol.asyncDispose]: async () => tell(false) };
  }

  /** A cycle, and the reconcile that is due. */
  async #once(lease: Lease, signal: AbortSignal): Promise<void> {
    await using sweep = new Sweep();
    this.#memory.state = 'unknown';
    await this.#cycle(lease, signal);
    for (let swept: Swept = 'slice'; swept === 'slice' || swept === 'poll'; ) {
      if (this.failure !== null || signal.aborted) return;
      swept = await this.#sweep(sweep, lease, signal);
      if (swept === 'poll') await this.#cycle(lease, signal);
    }
  }

  async #scheduled(lease: Lease, signal: AbortSignal): Promise<void> {
    const { clock, store } = this.#engine;
    const { cadence, overlap } = this.#job;
    // Only a cron job asks when it last ran: a tick that it missed is made up for.
    const last = cadence.kind === 'cron' ? (await store.list()).find(({ job }) => job === this.#target.name)?.last : undefined;
    await using _hints = watchHints(this.#target.name, this.#job, this.#use, this.#engine, this.#alarm);
    let rest = noRest(clock.now());
    let due = firstDue(cadence, last?.startedAt ?? null, clock.now());
    // Another runner may have moved it.
    this.#memory.state = 'unknown';
    let pace = cadence;
    await using sweep = new Sweep();
    while (!signal.aborted) {
      // By a clock that was set back it could be due in hours.
      const latest = pace.kind === 'every' ? clock.now() + 2 * pace.ms : due;
      await this.#untilDue(sweep, Math.min(due, latest) + this.#jitter(), rest.earliest, lease, signal);
      if (signal.aborted) return;
      const startedAt = clock.now();
      const hinted = this.#alarm.rung;
      await this.#cycle(lease, signal);
      // Waiting for it to fall due again could take hours; where trying again is no use, it is the next hint's turn.
      if (this.failure?.transient) this.#alarm.again();
      rest = restAfter(rest, startedAt, clock.now(), hinted, this.failure !== null);
      pace = paced(cadence, pace, this.#busy);
      const next = nextDue(pace, overlap, startedAt, clock.now());
      if (next.overlapped && overlap === 'skip') await this.#reports.tell(this.#reports.skipped('overlap', startedAt));
      due = this.#busy ? aligned(pace, next.due) : onBeat(pace, startedAt, clock.now(), next.due);
    }
  }

  /** Waits for the next cycle; meanwhile it does the backfill that is asked for, and reconciles. */
  async #untilDue(sweep: Sweep, due: number, earliest: number, lease: Lease, signal: AbortSignal): Promise<void> {
    const { clock } = this.#engine;
    for (;;) {
      // A slice at least of each, however often the job polls.
      while (this.#asked.open && !signal.aborted) {
        await this.#backfill(lease, signal);
        if (this.#alarm.rung || clock.now() >= due) break;
      }
      if (this.#job.reconcile !== null && (await this.#reconcileUntil(sweep, due, earliest, lease, signal)) === 'poll') return;
      if (signal.aborted || (await this.#alarm.wait(due, earliest, signal)) === 'time') return;
    }
  }

  /** Under the bound of what runs on the source at once. Its failure is the backfill's, and told to who has asked for it. */
  async #backfill(lease: Lease, signal: AbortSignal): Promise<void> {
    const { limiter } = this.#use;
    try {
      await limiter.run(signal, async () => {
        const context = await this.#context(lease, alone, signal);
        await this.#asked.slice({ ...(await admitted(context, 'unknown', signal)), tally: newTally() }, limiter, signal);
      });
    } catch (thrown) {
      this.#memory.state = 'unknown';
      if (signal.aborted) return;
      const error = asLiberateError(thrown).at({ job: this.#target.name });
      // As after a cycle that failed.
      this.#plan = null;
      await this.#asked.fail(error).catch(() => this.#asked.forget());
    }
  }

  async #reconcileUntil(sweep: Sweep, due: number, earliest: number, lease: Lease, signal: AbortSignal): Promise<'poll' | 'wait'> {
    const { clock } = this.#engine;
    while (!signal.aborted && this.#plan !== null && this.failure === null) {
      const swept = await this.#sweep(sweep, lease, signal);
      if (swept === 'poll') return swept;
      if (this.#alarm.rung || clock.now() >= due) break;
      if (swept === 'slice') continue;
      const wakeAt = Math.min(due, sweep.dueAt ?? due);
      if ((await this.#alarm.wait(wakeAt, Math.max(earliest, clock.now()), signal)) === 'stirred') this.#alarm.stir();
      if (this.#asked.open) break;
      if (wakeAt === due || this.#alarm.rung) break;
    }
    return 'wait';
  }

  /** One turn, under the bound of what runs on the source at once. Its failure is the job's, until the next cycle. */
  async #sweep(sweep: Sweep, lease: Lease, signal: AbortSignal): Promise<Swept> {
    const startedAt = this.#engine.clock.now();
    try {
      return await this.#use.limiter.run(signal, async () => {
        const context = await this.#context(lease, alone, signal);
        return sweep.turn({ ...(await admitted(context, 'unknown', signal)), tally: newTally() }, signal);
      });
    } catch (thrown) {
      this.#memory.state = 'unknown';
      if (signal.aborted) return 'idle';
      const error = asLiberateError(thrown).at({ job: this.#target.name });
      // As after a cycle that failed; and a relation that has changed is no failure of the job's.
      this.#plan = null;
      if (error.code === 'LIB215') return 'poll';
      this.failure = error;
      const reason = `reconcile: ${formatError(error)}`;
      await this.#reports.tell({ ...this.#reports.skipped(reason, startedAt), outcome: 'failed', code: error.code });
      return 'idle';
    }
  }

  #jitter(): number {
    return Math.round(this.#job.jitter * this.#engine.random());
  }

  async #cycle(lease: Lease, signal: AbortSignal): Promise<void> {
    const startedAt = this.#engine.clock.now();
    const { state } = this.#memory;
    const look = await this.#look(state, signal);
    if (look !== null && 'state' in look) {
      this.failure = null;
      this.#busy = false;
      const mark = look.state.mark?.[0] ?? null;
      this.#reports.tellQuiet({ ...this.#reports.skipped('', startedAt), outcome: 'ok', reason: null, mark });
      this.#memory.state = look.state;
      return;
    }
    this.#memory.state = await this.#whole(lease, state, look?.found ?? null, signal);
  }

  /** A poll together with others; null: it is to be made as any other. */
  async #look(state: JobState | null | 'unknown', signal: AbortSignal): Promise<Look> {
    const plan = this.#plan;
    if (!this.#light || plan === null || state === null || state === 'unknown') return null;
    const { source } = this.#use;
    if (source.together === null) return null;
    const { timeout } = plan.job;
    const bounded = timeout === null ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    this.#alarm.answer();
    try {
      return await lookTogether({ plan, source, memory: this.#memory, now: this.#engine.clock.now() }, state, bounded);
    } catch {
      // Whatever it was: it comes again, and is told, where the job reads by itself.
      return null;
    }
  }

  /** A cycle with its retries. `found`: what it begins with. */
  async #whole(
    lease: Lease,
    state: JobState | null | 'unknown',
    found: Found | null,
    signal: AbortSignal,
  ): Promise<JobState | null | 'unknown'> {
    const startedAt = this.#engine.clock.now();
    try {
      using turn = new LimitedTurn(this.#use.limiter, found);
      if (found === null) {
        await turn.apart(signal);
        this.#alarm.answer();
      }
      const context = await this.#context(lease, turn, signal);
      const attempted = await attemptCycle(context, state, signal);
      if (turn.found === null) this.#light = isLight(attempted.report);
      // What failed may have failed because the relation changed: look at it again before the next cycle.
      if (attempted.error !== null) this.#plan = null;
      this.failure = attempted.error;
      this.#busy = attempted.error !== null || attempted.report.published > 0;
      await this.#reports.tell(attempted.report);
      return attempted.state;
    } catch (thrown) {
      if (signal.aborted) return 'unknown';
      const error = asLiberateError(thrown).at({ job: this.#target.name });
      this.failure = error;
      this.#busy = true;
      await this.#reports.tell({ ...this.#reports.skipped(formatError(error), startedAt), outcome: 'failed', code: error.code });
      return 'unknown';
    }
  }

  async #context(lease: Lease, turn: Turn, signal: AbortSignal): Promise<AttemptContext> {
    const { store, observer, clock, random, readBack } = this.#engine;
    const { source } = this.#use;
    const sink = this.#engine.sink(this.#job);
    const registry = this.#engine.registry(this.#job);
    this.#plan ??= await this.#opening.plan(this.#memory, signal);
    const context = { plan: this.#plan, source, sink, store, observer, clock, random, fence: lease.fence, memory: this.#memory };
    return { ...context, registry, readBack, turn, again: (until) => this.#again(until) };
  }

  /** The plan for the relation as it is now, where it has changed; the job goes on with it from its mark. */
  async #again(signal: AbortSignal): Promise<JobPlan | null> {
    const before = this.#plan;
    this.#plan = null;
    this.#memory.answer.forget();
    this.#memory.seen = null;
    this.#plan = await this.#opening.plan(this.#memory, signal);
    const same = before?.shape.version === this.#plan.shape.version && before?.topicVersion === this.#plan.topicVersion;
    return same ? null : this.#plan;
  }
}
