import { holdLease, type Lease } from '../state/lease.ts';
import type { Standing, Told } from '../state/state-store.ts';
import type { Engine } from './engine.ts';

/** The lease of a job; who holds it is told once, until another does. LIB406 where it is not to be waited for. */
export function jobLease(
  { store, holder, leaseTtlMs, clock, observer }: Engine,
  job: string,
  wait: boolean,
  signal: AbortSignal,
  { standing, onTold }: { readonly standing?: Standing; readonly onTold?: ((told: Told) => void) | undefined } = {},
): Promise<Lease> {
  let told = '';
  const onWait = ({ holder: other }: { readonly holder: string }): void => {
    if (other !== told) observer({ type: 'job.notice', job, message: `waits for the lease that ${other} holds`, cure: null });
    told = other;
  };
  return holdLease(store, job, { holder, ttlMs: leaseTtlMs, clock, wait, onWait, standing, onTold }, signal);
}
