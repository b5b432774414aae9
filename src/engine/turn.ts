import type { Limiter } from '../kit/limiter.ts';
import type { RowBatch } from '../model/row.ts';
import type { Horizon } from '../model/watermark.ts';
import type { Look } from './clock-set-back.ts';

/** Thrown where a poll together with others has to be tried again by itself: no failure of the job's. */
export class Apart extends Error {
  constructor() {
    super('the poll has to be tried apart from the others');
  }
}

/** What was read for a cycle together with the pages of others: all there is. */
export interface Found {
  /** When the cycle began, before anything was asked: milliseconds since 1970. */
  readonly startedAt: number;
  /** Taken before the rows were read. */
  readonly horizon: Horizon;
  /** When it was. */
  readonly look: Look;
  readonly rows: RowBatch | null;
}

/** How a cycle reads: it goes on from what was found together with others, or reads by itself. */
export interface Turn {
  readonly found: Found | null;
  /** From here on the cycle reads by itself; resolves when it has its place among those that do. */
  apart(signal: AbortSignal): Promise<void>;
  /** To be called before anything is published. Throws Apart where there is no place. */
  place(): void;
}

/** Of a read that shares no places. */
export const alone: Turn = { found: null, apart: () => Promise.resolve(), place: () => undefined };

/**
 * Places bound the cycles at work on a source. What is read together needs none: most of it is nothing, or met before. Only what is to be
 * published does, and where none is free it is given up, and read again when there is one: rows that wait would pile up in memory.
 */
export class LimitedTurn implements Turn, Disposable {
  readonly #limiter: Limiter;
  #found: Found | null;
  #placed = false;

  constructor(limiter: Limiter, found: Found | null) {
    this.#limiter = limiter;
    this.#found = found;
  }

  get found(): Found | null {
    return this.#found;
  }

  async apart(signal: AbortSignal): Promise<void> {
    if (!this.#placed) await this.#limiter.enter(signal);
    this.#placed = true;
    this.#found = null;
  }

  place(): void {
    if (this.#placed) return;
    if (!this.#limiter.tryEnter()) throw new Apart();
    this.#placed = true;
  }

  [Symbol.dispose](): void {
    if (this.#placed) this.#limiter.leave();
    this.#placed = false;
  }
}
