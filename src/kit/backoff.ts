export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

export const defaultBackoff: Backoff = { initialMs: 500, maxMs: 30_000, factor: 2 };

/**
 * Milliseconds to wait before try number `attempt` (1 is the first retry): exponential, capped,
 * with half of it random so that many jobs do not return to a restarted server in step.
 */
export function backoffDelay(attempt: number, random: number, backoff: Backoff = defaultBackoff): number {
  const full = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (attempt - 1));
  return Math.round(full / 2 + (full / 2) * random);
}
