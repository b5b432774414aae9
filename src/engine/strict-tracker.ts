import type { RowBatch } from '../model/row.ts';
import type { Horizon, Watermark } from '../model/watermark.ts';
import type { Window } from '../query/request.ts';
import { floorOf } from './stamp-tracker.ts';
import type { Progress, Tracker } from './tracker.ts';

/**
 * Timestamp modes with `order: strict`. Below the horizon's floor every row is final, so only that is read: events leave in the
 * order of their stamps, each once, and no poll looks back. What it costs is waiting for the oldest transaction.
 */
export class StrictTracker implements Tracker {
  readonly window: Window;
  readonly recentFrom = null;
  readonly below: bigint;
  #mark: Watermark | null;

  /** `first`: the window of a job without a mark. */
  constructor(before: Progress, horizon: Horizon, first: Window) {
    this.below = floorOf(before, horizon);
    this.#mark = before.mark;
    this.window = before.mark === null ? first : { kind: 'after', mark: before.mark, floor: null, tied: false };
  }

  meet(): boolean {
    return true;
  }

  markBefore(rows: RowBatch, at: number): Watermark | null {
    return at > 0 ? rows.position(at - 1) : null;
  }

  met(rows: RowBatch): Watermark | null {
    if (rows.count === 0) return null;
    this.#mark = rows.position(rows.count - 1);
    return this.#mark;
  }

  at(mark: Watermark | null): Progress {
    return { mark, since: String(this.below), sent: {}, tied: false, gaps: [], settled: true };
  }

  end(): Progress {
    return this.at(this.#mark);
  }
}

/** Does every row up to the mark lie below the floor that was proved? That of a job in relaxed order may not. */
export const isSettled = ({ mark, settled }: Progress): boolean => mark === null || settled === true;
