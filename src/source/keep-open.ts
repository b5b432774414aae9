import { backoffDelay } from '../kit/backoff.ts';
import { systemClock } from '../kit/clock.ts';

/**
 * Does the work again and again until the signal aborts, at growing distances while it fails. `work` tells when it is up, so that what
 * fails next begins anew; `trouble` hears the first failure in a row, and null when it is over.
 */
export async function keepOpen(
  work: (up: () => void) => Promise<void>,
  trouble: (thrown: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  let troubled = false;
  let attempt = 0;
  const up = (): void => {
    if (troubled) trouble(null);
    troubled = false;
    attempt = 0;
  };
  while (!signal.aborted) {
    try {
      await work(up);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!troubled) trouble(thrown);
      troubled = true;
      attempt += 1;
      await systemClock.sleep(backoffDelay(attempt, Math.random()), signal);
    }
  }
}
