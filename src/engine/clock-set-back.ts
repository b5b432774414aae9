import { formatDuration } from '../kit/duration.ts';
import type { Micros } from '../model/watermark.ts';
import type { Observer } from '../observe/event.ts';
import type { Progress } from './tracker.ts';

/** A look at the source: its clock, and when it was asked for and answered by a clock that nobody sets. */
export interface Look {
  /** Microseconds since 1970 by the source. */
  readonly now: Micros;
  /** Milliseconds of performance.now(). */
  readonly asked: number;
  readonly answered: number;
}

/** A look may have been taken so long before it was asked for, as one is shared between jobs, and clocks are slewed. */
const toleranceMs = 500;

const micros = (ms: number): Micros => BigInt(Math.ceil(ms * 1000));

/**
 * Microseconds by which the source's clock was set back between two looks, rather too many than too few; 0: it was
 * not, however long the answers took. `last`: null in a process that has not looked yet, which can only see that the
 * clock is behind what was proved.
 */
export function setBackBy(last: Look | null, { since }: Pick<Progress, 'since'>, look: Look): Micros {
  if (last === null) return since !== null && BigInt(since) > look.now ? BigInt(since) - look.now : 0n;
  const least = last.now + micros(look.asked - last.answered) - look.now;
  return least > micros(toleranceMs) ? last.now + micros(look.answered - last.asked) - look.now : 0n;
}

/**
 * Where a read must begin after that. What no transaction could stamp below by the old clock, none can by the new one
 * that much earlier; so rows which were stamped in the time that came twice are met.
 */
export function reachBack(before: Progress, by: Micros): Progress {
  if (by === 0n || before.since === null) return before;
  return { ...before, since: String(BigInt(before.since) - by) };
}

/** Never silent: what was read in the meantime by a process that has ended since nobody knows. */
export function tellSetBack(observer: Observer, job: string, by: Micros, last: Look | null): void {
  if (by === 0n) return;
  const ms = formatDuration(Math.round(Number(by / 1000n)));
  const message = `the source's clock was set back by ${last === null ? `at least ${ms} since this job last ran` : ms}; the rows of that time are read again, and some may come twice`;
  observer({
    type: 'job.warning',
    job,
    message,
    cure: last === null ? 'Run `liberate verify` once: rows that were stamped before it looked may be missing.' : null,
  });
}
