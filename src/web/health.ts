import type { JobFigures, Trouble } from './job-figures.ts';

interface Ill {
  readonly job: string;
  readonly code: string | null;
  readonly error: string;
  /** ISO 8601, of the first of those in a row. */
  readonly since: string;
}

/** The body of GET /health. */
export interface Health {
  readonly status: 'ok' | 'failing';
  readonly jobs: number;
  readonly failing: readonly (Ill & { readonly failuresInARow: number })[];
  /** Not failed yet. */
  readonly retrying: readonly (Ill & { readonly attempt: number })[];
}

/**
 * A job is failing once its newest cycle has failed, or once it is tried again more often than its `retries:` say: so it goes
 * on where there is no cycle that could fail, while the state store is lost.
 */
export function healthOf(figures: readonly JobFigures[], retriesOf: (job: string) => number): Health {
  const gaveUp = ({ job, retrying }: JobFigures): boolean => retrying !== null && retrying.attempt > retriesOf(job);
  const failing = figures.flatMap((one) => {
    const trouble = gaveUp(one) ? one.retrying : one.failure;
    return trouble === null ? [] : [{ ...ill(one, trouble), failuresInARow: one.failures }];
  });
  const retrying = figures.flatMap((one) =>
    one.retrying === null || gaveUp(one) ? [] : [{ ...ill(one, one.retrying), attempt: one.retrying.attempt }],
  );
  return { status: failing.length === 0 ? 'ok' : 'failing', jobs: figures.length, failing, retrying };
}

function ill({ job }: JobFigures, { code, reason, since }: Trouble): Ill {
  return { job, code, error: reason, since: new Date(since).toISOString() };
}
