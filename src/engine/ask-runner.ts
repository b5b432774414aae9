import { throwIfAborted } from '../kit/abort.ts';
import { LiberateError } from '../kit/errors.ts';
import type { AskedBackfill, BackfillAnswer } from '../model/backfill.ts';
import { holdLease, type Lease } from '../state/lease.ts';
import type { Told } from '../state/state-store.ts';
import type { Engine } from './engine.ts';

/** Milliseconds between two looks at what the runner says. */
const listenEvery = 500;

export interface Asking {
  readonly job: string;
  readonly asked: AskedBackfill;
  /** Wait also for a holder that does not answer; otherwise LIB406. */
  readonly wait: boolean;
  /** Told by the lease's renewals, where it becomes ours. */
  readonly onTold: (told: Told) => void;
  /** What the runner says, each time. */
  readonly told: (answer: BackfillAnswer) => void;
}

/** How it ended: the runner has the last word, or its lease is ours, to go on from what was kept. */
export type Outcome = { readonly kind: 'answer'; readonly answer: BackfillAnswer } | { readonly kind: 'lease'; readonly lease: Lease };

/**
 * Asks the runner that holds a job for a backfill, and listens until it has ended. Meanwhile the lease is asked for too: of a runner that
 * dies or stops it is free. However this ends, the request is withdrawn.
 */
export async function askRunner(engine: Engine, asking: Asking, signal: AbortSignal): Promise<Outcome> {
  const { store, holder, leaseTtlMs: ttlMs, clock } = engine;
  const { job, asked, onTold } = asking;
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const other = { holder: '' };
  const onWait = (held: { readonly holder: string }): void => {
    other.holder = held.holder;
  };
  const taking = holdLease(store, job, { holder, ttlMs, clock, wait: true, onWait, standing: 'yields', onTold }, either);
  const hearing = listen(engine, asking, other, either);
  // The loser's end is waited for below.
  hearing.catch(() => undefined);
  let kept = false;
  try {
    const first = await Promise.race([
      taking.then((lease): Outcome => ({ kind: 'lease', lease })),
      hearing.then((answer): Outcome => ({ kind: 'answer', answer })),
    ]);
    kept = first.kind === 'lease';
    return first;
  } finally {
    over.abort(new LiberateError('LIB901', 'the request has ended'));
    await hearing.catch(() => undefined);
    const lease = await taking.catch(() => null);
    if (!kept) await lease?.[Symbol.asyncDispose]();
    // A store that cannot be told: the request ends by itself.
    await store.requests.withdraw(job, asked.by).catch(() => undefined);
  }
}

/** The runner's last word. LIB406 where who holds the lease has said nothing for longer than it takes to renew it. */
async function listen(
  { store, clock, leaseTtlMs: ttlMs }: Engine,
  { job, asked, wait, told }: Asking,
  other: { readonly holder: string },
  signal: AbortSignal,
): Promise<BackfillAnswer> {
  let heardAt = clock.now();
  let stands = false;
  for (;;) {
    throwIfAborted(signal);
    // Another's may stand, or this process may have slept through its own.
    stands = stands || (await store.requests.ask(job, asked, ttlMs));
    const answer = stands ? await store.requests.hear(job, asked.by, ttlMs) : null;
    if (answer === 'gone') {
      stands = false;
      continue;
    }
    if (answer !== null) {
      told(answer);
      if (answer.end !== null) return answer;
      if (answer.runner === other.holder) heardAt = clock.now();
    }
    // Renewals go each third of a lease's time.
    if (!wait && clock.now() - heardAt > (ttlMs * 4) / 3) throw unanswered(job, other.holder, stands);
    await clock.sleep(listenEvery, signal);
  }
}

function unanswered(job: string, holder: string, stands: boolean): LiberateError {
  const message = stands
    ? `${holder} holds the lease and does not answer: it is no runner of this version`
    : `${holder} holds the lease, and another command has asked it for a backfill`;
  return new LiberateError('LIB406', message, { place: { job } });
}
