import { orAbort, throwIfAborted } from '../kit/abort.ts';

/** Milliseconds for which a look at the server serves other jobs too: an older horizon only makes their look-back longer. */
const keptMs = 250;

interface Look<T> {
  /** Milliseconds, of performance.now(). */
  readonly began: number;
  readonly seen: Promise<T>;
}

/** One look at a server for all jobs that poll it at about the same time. */
export class SharedLook<T> implements AsyncDisposable {
  readonly #look: (signal: AbortSignal) => Promise<T>;
  readonly #closing = new AbortController();
  #newest: Look<T> | null = null;

  constructor(look: (signal: AbortSignal) => Promise<T>) {
    this.#look = look;
  }

  /** A look that began after that moment, of performance.now(); Infinity: a new one. */
  take(after: number, signal: AbortSignal): Promise<T> {
    throwIfAborted(signal);
    const now = performance.now();
    const newest = this.#newest;
    const serves = newest !== null && newest.began > after && now - newest.began < keptMs;
    return orAbort(serves ? newest.seen : this.#begin(now), signal);
  }

  #begin(began: number): Promise<T> {
    // Not with the signal of the first who asks: the others would fail with him.
    const seen = this.#look(this.#closing.signal);
    const look = { began, seen };
    this.#newest = look;
    seen.catch(() => {
      if (this.#newest === look) this.#newest = null;
    });
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the source was closed'));
    await this.#newest?.seen.catch(() => undefined);
  }
}
