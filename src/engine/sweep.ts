import { asLiberateError } from '../kit/errors.ts';
import type { ReconcileReport } from '../model/published.ts';
import type { CycleContext } from './cycle.ts';
import type { JobPlan } from './job-plan.ts';
import { openLog, remembers } from './published-log.ts';
import type { Turn } from './reconcile.ts';
import { noteUnsaved } from './unsaved.ts';

/** Milliseconds after which a reconcile that failed is begun again, at the most. */
const againAfter = 60_000;

/** What came of a turn: `idle`, none is due; `done`, it has ended. */
export type Swept = Turn | 'idle' | 'done';

/** The reconciles of a job with a cursor, one after the other at their own interval, a slice at a time. */
export class Sweep implements AsyncDisposable {
  #running: AsyncGenerator<Turn, ReconcileReport> | null = null;
  #dueAt: number | null = null;
  /** What the running one was begun with. */
  #plan: JobPlan | null = null;

  /** Milliseconds since 1970 at which there is something to do; null: not known before the first turn. */
  get dueAt(): number | null {
    return this.#running === null ? this.#dueAt : 0;
  }

  /** The job's last cycle was well, and has loaded everything. Resolves soon: a slice is bounded. */
  async turn(context: CycleContext, signal: AbortSignal): Promise<Swept> {
    const { plan, clock, observer } = context;
    const every = plan.job.reconcile;
    if (every === null || plan.mode === 'bulk' || !remembers(context)) {
      this.#dueAt = Number.POSITIVE_INFINITY;
      return 'idle';
    }
    try {
      this.#dueAt ??= await firstDue(context, every);
      if (this.#running === null && clock.now() < this.#dueAt) return 'idle';
      // What it has compared so far was of another shape.
      if (this.#running !== null && this.#plan !== plan) await this.#giveUp();
      this.#plan = plan;
      // Few jobs have one: the others start without it.
      this.#running ??= (await import('./reconcile.ts')).reconcile(context, true, signal);
      const next = await this.#running.next();
      if (next.done !== true) return next.value;
      this.#running = null;
      this.#dueAt = clock.now() + every;
      observer({ type: 'reconcile.end', job: plan.name, report: next.value });
      return 'done';
    } catch (error) {
      noteUnsaved(context.memory, asLiberateError(error));
      this.#running = null;
      this.#dueAt = clock.now() + Math.min(every, againAfter);
      throw error;
    }
  }

  /** Nothing of it goes on: another lease begins from the start. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#giveUp();
    this.#dueAt = null;
  }

  async #giveUp(): Promise<void> {
    await this.#running?.return(undefined as never);
    this.#running = null;
  }
}

/** Counted from the end of the last one, also of an earlier process. */
async function firstDue(context: CycleContext, every: number): Promise<number> {
  const { head } = await openLog(context);
  if (head.last !== null) return head.last.endedAt + every;
  // Of what was published before anything was remembered nobody knows anything until the first one.
  return head.adopted ? context.clock.now() : head.begun + every;
}
