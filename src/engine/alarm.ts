import type { Clock } from '../kit/clock.ts';

/**
 * What a job waits on between two cycles: the time, or a hint. Hints are gathered until a cycle begins, so many make one
 * poll, and one that comes while a cycle runs starts another: that cycle may have read before it.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #hinted: boolean;
  #rung = false;
  #answered = false;
  #stirred = false;
  #wake = (): void => {};
  #ends: { readonly of: AbortSignal; readonly over: AbortController; readonly end: () => void } | null = null;

  /** `hinted`: hints may come at all. */
  constructor(clock: Clock, hinted: boolean) {
    this.#clock = clock;
    this.#hinted = hinted;
  }

  /** A hint waits for a cycle. */
  get rung(): boolean {
    return this.#rung;
  }

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  /** Ends the wait, and begins no cycle: there is something else to do. */
  stir(): void {
    this.#stirred = true;
    this.#wake();
  }

  /** A cycle begins, which reads whatever was hinted at until now. */
  answer(): void {
    this.#answered ||= this.#rung;
    this.#rung = false;
  }

  /** The cycle failed: what it was woken for is still to be read. */
  again(): void {
    this.#rung ||= this.#answered;
  }

  /** Returns when it is `due`, or once a hint is there but never for one before `earliest`; or when the signal aborts. `stirred`: before that. */
  async wait(due: number, earliest: number, signal: AbortSignal): Promise<'time' | 'stirred'> {
    this.#answered = false;
    const left = this.#hinted ? await this.#untilHints(due, earliest, signal) : Math.max(0, due - this.#clock.now());
    if (left !== null && !this.#stirred && !signal.aborted) {
      const over = this.#overWith(signal);
      this.#wake = (): void => over.abort();
      await this.#clock.sleep(left, over.signal);
      this.#wake = (): void => {};
    }
    const stirred = this.#stirred && !this.#rung && !signal.aborted;
    this.#stirred = false;
    return stirred ? 'stirred' : 'time';
  }

  /** Returns at `earliest`, with what is left to wait from there; null: nothing. */
  async #untilHints(due: number, earliest: number, signal: AbortSignal): Promise<number | null> {
    const begun = this.#clock.now();
    const first = Math.max(0, Math.min(due, earliest) - begun);
    await this.#clock.sleep(first, signal);
    // Not by the clock alone: one that is set back meanwhile would make this wait for the time to come again.
    const left = Math.min(due - this.#clock.now(), due - begun - first);
    return this.#rung || left <= 0 ? null : left;
  }

  /** Ends a wait. The same one for all waits until something ends one: most end by themselves, and there are many. */
  #overWith(signal: AbortSignal): AbortController {
    if (this.#ends?.of === signal && !this.#ends.over.signal.aborted) return this.#ends.over;
    this.#ends?.of.removeEventListener('abort', this.#ends.end);
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener('abort', end, { once: true });
    this.#ends = { of: signal, over, end };
    return over;
  }
}
