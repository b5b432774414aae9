import { throwIfAborted } from '../kit/abort.ts';
import type { Clock } from '../kit/clock.ts';
import { LiberateError } from '../kit/errors.ts';
import type { Standing, StateStore, Told } from './state-store.ts';

export interface Lease extends AsyncDisposable {
  readonly job: string;
  readonly fence: bigint;
  /** Aborts with LIB407 when the lease is no longer surely ours. What is then still written is fenced off by the store. */
  readonly lost: AbortSignal;
}

export interface LeaseOptions {
  /** Tells this runner from every other: host, process and something random. */
  readonly holder: string;
  readonly ttlMs: number;
  readonly clock: Clock;
  /** Wait for a lease that another holds, instead of LIB406. */
  readonly wait: boolean;
  readonly standing?: Standing | undefined;
  /** Told by each renewal while others want something of the holder. */
  readonly onTold?: ((told: Told) => void) | undefined;
  /** Told before each wait. */
  readonly onWait?: ((held: { readonly holder: string; readonly msLeft: number }) => void) | undefined;
}

/** Bounds of the wait between two tries, in milliseconds: a holder may release long before its lease would end. */
const longestWait = 1000;
const shortestWait = 20;
/** How long giving a lease up may hold up the end of the process, in milliseconds. */
const longestRelease = 3000;

/**
 * Takes the job's lease and renews it until it is disposed, which gives it up. The signal ends the waiting only: a
 * cycle that is being stopped still commits what it has sent.
 */
export async function holdLease(store: StateStore, job: string, options: LeaseOptions, signal: AbortSignal): Promise<Lease> {
  const { holder, ttlMs, clock } = options;
  for (;;) {
    throwIfAborted(signal);
    const asked = clock.now();
    const got = await store.acquire(job, holder, ttlMs, options.standing);
    if (got.ok) {
      const lease = new HeldLease(store, job, got.fence, options, asked + ttlMs);
      if (!signal.aborted) return lease;
      await lease[Symbol.asyncDispose]();
      throw signal.reason;
    }
    if (!options.wait) throw heldByAnother(job, got.holder, got.msLeft);
    options.onWait?.({ holder: got.holder, msLeft: got.msLeft });
    await clock.sleep(Math.min(longestWait, Math.max(shortestWait, got.msLeft)), signal);
  }
}

function heldByAnother(job: string, holder: string, msLeft: number): LiberateError {
  return new LiberateError('LIB406', `${holder} holds the lease for another ${msLeft} ms`, { place: { job } });
}

type Beat =
  | { readonly kind: 'renewed' }
  | { readonly kind: 'taken' }
  | { readonly kind: 'failed'; readonly cause: unknown }
  | { readonly kind: 'late' };

class HeldLease implements Lease {
  readonly job: string;
  readonly fence: bigint;
  readonly #store: StateStore;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #onTold: ((told: Told) => void) | undefined;
  /** Our clock's time at which the store may give the lease to another: counted from before it was asked, so never too late. */
  #endsAt: number;
  readonly #lost = new AbortController();
  readonly #disposed = new AbortController();
  readonly #beating: Promise<void>;

  constructor(store: StateStore, job: string, fence: bigint, { ttlMs, clock, onTold }: LeaseOptions, endsAt: number) {
    this.#store = store;
    this.job = job;
    this.fence = fence;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#onTold = onTold;
    this.#endsAt = endsAt;
    this.#beating = this.#keepBeating();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await this.#beating;
    const over = new AbortController();
    // A store that cannot be reached is not told, nor waited for: the lease ends by itself, at the latest a ttl from now.
    const released = this.#store
      .release(this.job, this.fence)
      .catch(() => {})
      .finally(() => over.abort());
    await Promise.race([released, this.#clock.sleep(longestRelease, over.signal)]);
  }

  async #keepBeating(): Promise<void> {
    const disposed = this.#disposed.signal;
    let cause: unknown;
    let pause = this.#untilBeat();
    for (;;) {
      await this.#clock.sleep(Math.min(pause, this.#left()), disposed);
      if (disposed.aborted) return;
      // Also after the process itself was stopped for long: who may have the lease by now is not known, so it is lost.
      if (this.#left() <= 0) return this.#lose('it could not be renewed in time', cause);
      const beat = await this.#beat(disposed);
      if (disposed.aborted) return;
      if (beat.kind === 'taken') return this.#lose('another runner has taken it', undefined);
      if (beat.kind === 'failed') cause = beat.cause;
      // The nearer the end, the sooner the next try: a store that is back in the last second still saves the lease.
      pause = beat.kind === 'renewed' ? this.#untilBeat() : Math.max(10, Math.min(this.#ttlMs / 15, this.#left() / 2));
    }
  }

  /** One renewal. A store that does not answer is not waited for past the lease's end, nor past the disposal. */
  async #beat(disposed: AbortSignal): Promise<Beat> {
    const over = new AbortController();
    // A reason of its own: making an error for each renewal of each job would cost more than the renewal.
    const end = (): void => over.abort(null);
    disposed.addEventListener('abort', end, { once: true });
    const asked = this.#clock.now();
    const renewal = this.#store.renew(this.job, this.fence, this.#ttlMs).then(
      (renewed): Beat => {
        if (renewed === 'lost') return { kind: 'taken' };
        if ((renewed.asked || renewed.wanted) && !disposed.aborted) this.#onTold?.(renewed);
        // An answer that comes after a later beat's must not shorten the lease.
        this.#endsAt = Math.max(this.#endsAt, asked + this.#ttlMs);
        return { kind: 'renewed' };
      },
      (cause: unknown): Beat => ({ kind: 'failed', cause }),
    );
    const late = this.#clock.sleep(this.#left(), over.signal).then((): Beat => ({ kind: 'late' }));
    try {
      return await Promise.race([renewal, late]);
    } finally {
      disposed.removeEventListener('abort', end);
      end();
    }
  }

  /** All leases of a process beat at the same moments, each third of their time, so that one statement renews them all. */
  #untilBeat(): number {
    const beat = this.#ttlMs / 3;
    return beat - (this.#clock.now() % beat);
  }

  #left(): number {
    return Math.max(0, this.#endsAt - this.#clock.now());
  }

  #lose(why: string, cause: unknown): void {
    this.#lost.abort(new LiberateError('LIB407', `the lease was lost: ${why}`, { place: { job: this.job }, cause }));
  }
}
