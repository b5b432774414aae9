import type { RowBatch } from '../model/row.ts';
import type { Gap, Horizon, Watermark } from '../model/watermark.ts';
import type { Window } from '../query/request.ts';
import { GapSet, isInteger } from './gaps.ts';
import type { Progress, Tracker } from './tracker.ts';

/** Texts shorter than this are numbers that JavaScript holds exactly. */
const digitsOfNumber = 16;

/**
 * Incrementing mode. Missing ids below the mark are read again with each poll until every transaction
 * that could fill them has ended. An id that is no integer has no gaps: its order is taken as it comes.
 */
export class IdTracker implements Tracker {
  readonly window: Window;
  readonly recentFrom = null;
  readonly below = null;
  readonly #gaps: GapSet;
  readonly #floor: bigint;
  readonly #now: bigint;
  readonly #keptSince: bigint | null;
  /** The newest id met; it is older than that while `#following` is known. */
  #last: bigint | null;
  /** The id after the newest, where it is a number that JavaScript holds exactly. */
  #following: number | null = null;
  #mark: Watermark | null;

  /** `first`: the window of a job without a mark. `keptSince`: of the sessions that may keep ids for later, when the first began; null: none does. */
  constructor(before: Progress, horizon: Horizon, first: Window, keptSince: bigint | null = null) {
    this.#keptSince = keptSince;
    this.#gaps = new GapSet(before.gaps);
    this.#gaps.date(horizon.now);
    this.#floor = horizon.floor;
    this.#now = horizon.now;
    this.#mark = before.mark;
    this.#last = idOf(before.mark) ?? startOf(first);
    this.window = before.mark === null ? first : { kind: 'gaps', mark: before.mark, gaps: this.#gaps.hulls() };
  }

  /** Gaps that were forgotten because there were too many to watch. */
  get dropped(): number {
    return this.#gaps.dropped;
  }

  /** Gaps that a session's own ids could still have filled, given up because there were too many. */
  get givenUp(): number {
    return this.#gaps.givenUp;
  }

  /** The gaps that this poll gives up, unless it meets their rows or is told that they are there. */
  get dying(): readonly Pick<Gap, 'from' | 'to'>[] {
    return this.#gaps.dying(this.#floor, this.#keptSince);
  }

  /** A row is there that may not be committed yet. */
  there(id: string): void {
    if (isInteger(id)) this.#gaps.revive(BigInt(id), this.#now);
  }

  meet(rows: RowBatch, at: number): boolean {
    const text = rows.lead(at);
    if (!rows.ahead(at)) return isInteger(text) && this.#gaps.take(BigInt(text));
    // Nearly every id follows the one before: no exact integer is made of it.
    const small = text.length < digitsOfNumber ? Number(text) : Number.NaN;
    if (small === this.#following) {
      this.#following = small + 1;
      return true;
    }
    const id = isInteger(text) ? BigInt(text) : null;
    if (id !== null) this.#gaps.open(this.#following === null ? this.#last : BigInt(this.#following - 1), id);
    this.#last = id;
    this.#following = id !== null && Number.isSafeInteger(small) ? small + 1 : null;
    return true;
  }

  markBefore(rows: RowBatch, at: number): Watermark | null {
    return at > 0 && rows.ahead(at - 1) ? rows.position(at - 1) : null;
  }

  met(rows: RowBatch): Watermark | null {
    const last = rows.count - 1;
    if (last < 0 || !rows.ahead(last)) return null;
    this.#mark = rows.position(last);
    return this.#mark;
  }

  at(mark: Watermark): Progress {
    return { mark, since: null, sent: {}, tied: false, gaps: this.#gaps.below(idOf(mark)) };
  }

  end(): Progress {
    this.#gaps.bury(this.#floor, this.#keptSince);
    return { mark: this.#mark, since: null, sent: {}, tied: false, gaps: this.#gaps.below(null) };
  }
}

function idOf(position: Watermark | null): bigint | null {
  const text = position?.[0];
  return text !== undefined && isInteger(text) ? BigInt(text) : null;
}

/** Ids below `initial: {from}` are not wanted, so they are no gaps. */
function startOf(window: Window): bigint | null {
  if (window.kind !== 'range' || window.from === null || !isInteger(window.from)) return null;
  return BigInt(window.from) - 1n;
}
