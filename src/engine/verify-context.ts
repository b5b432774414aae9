import type { StreamReader } from '../sink/stream-reader.ts';
import type { CycleContext } from './cycle.ts';

/** What the parts of one verification share. */
export interface VerifyContext extends Pick<CycleContext, 'plan' | 'source' | 'store' | 'observer' | 'clock'> {
  readonly reader: StreamReader;
  /** The job's lease is held by whoever verifies: no runner is at work. */
  readonly holds: boolean;
  /** Tells how far a reading is; given what came since the last call. */
  progress(what: 'rows' | 'events'): (more: number) => void;
}

/** Milliseconds between progress events. */
const tellEvery = 500;

export function progressOf({ plan, observer, clock }: Pick<CycleContext, 'plan' | 'observer' | 'clock'>): VerifyContext['progress'] {
  return (what) => {
    const startedAt = clock.now();
    let done = 0;
    let toldAt = startedAt;
    return (more) => {
      done += more;
      const now = clock.now();
      if (now - toldAt < tellEvery) return;
      toldAt = now;
      if (what === 'rows') observer({ type: 'cycle.progress', job: plan.name, rows: done, expected: null, ms: now - startedAt });
      else observer({ type: 'job.notice', job: plan.name, message: `${done} events of ${plan.topic.name} folded`, cure: null });
    };
  };
}
