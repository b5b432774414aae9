import type { Guarantee } from '../model/guarantee.ts';
import type { Job } from '../model/job.ts';
import type { JobState } from '../model/state.ts';
import { shownMark } from '../model/watermark.ts';
import type { StoredJob } from '../state/state-store.ts';

/** A job as `liberate status` and GET /status tell it. */
export interface JobStatus {
  readonly job: string;
  readonly health: 'ok' | 'failing' | 'never ran';
  readonly stored: StoredJob | null;
}

/** In the order of the names. A wildcard job has one for each of its tables. */
export function statusOf(jobs: readonly Pick<Job, 'name' | 'mask'>[], stored: readonly StoredJob[]): readonly JobStatus[] {
  return jobs.flatMap(({ name, mask }): readonly JobStatus[] => {
    const own = stored
      .filter(({ job }) => job === name || job.startsWith(`${name}/`))
      .map((one) => ({ ...one, state: withShownMark(one.state, mask) }));
    if (own.length === 0) return [{ job: name, health: 'never ran', stored: null }];
    return own.map((one) => ({ job: one.job, health: healthOf(one), stored: one }));
  });
}

/** The state as it may be shown: of a column that is masked, the mark does not tell the text. */
export function withShownMark(state: JobState | null, mask: Job['mask']): JobState | null {
  if (state?.mark == null) return state;
  const { cursor, key } = state.definition;
  const columns = [...cursor.slice(0, 1), ...key].map((name) => (Object.hasOwn(mask, name) ? ({ masked: true } as const) : undefined));
  return { ...state, mark: shownMark(state.mark, columns) };
}

function healthOf({ last, failuresInARow }: StoredJob): JobStatus['health'] {
  if (last === null) return 'never ran';
  return failuresInARow > 0 ? 'failing' : 'ok';
}

/** What the runner last told; null: it never got so far. */
export function toldGuarantee({ stored }: JobStatus): Guarantee | null {
  return stored?.last?.guarantee ?? stored?.lastOk?.guarantee ?? null;
}

/** The mark's own time, milliseconds since 1970; null where it tells none. */
export function markTime({ stored }: JobStatus): number | null {
  return stored?.last?.markAt ?? stored?.lastOk?.markAt ?? null;
}

/** The lease of a runner that is there; null: nobody holds it. */
export function leaseOf({ stored }: JobStatus): StoredJob['lease'] {
  return stored?.lease == null || stored.lease.msLeft <= 0 ? null : stored.lease;
}

/** Dead letters that stand. */
export const lettersOf = ({ stored }: Pick<JobStatus, 'stored'>): number => stored?.state?.deadLetters ?? 0;

/** Of the topic: the version that the job publishes to, from 1. */
export const versionOf = ({ stored }: Pick<JobStatus, 'stored'>): number => stored?.state?.topicVersion ?? 1;

/** `now`: milliseconds since 1970. */
export function statusJson(status: JobStatus, now: number): object {
  const { job, health, stored } = status;
  const lease = leaseOf(status);
  const markAt = markTime(status);
  return {
    job,
    health,
    mark: stored?.state?.mark ?? null,
    markAt,
    markAgeMs: markAt === null ? null : Math.max(0, now - markAt),
    loaded: stored?.state?.loaded ?? false,
    gaps: stored?.state?.gaps.length ?? 0,
    lookback: Object.keys(stored?.state?.sent ?? {}).length,
    lagMs: stored?.lastOk?.lagMs ?? null,
    guarantee: toldGuarantee(status),
    lastOk: stored?.lastOk ?? null,
    last: stored?.last ?? null,
    publishedTotal: stored?.publishedTotal ?? 0,
    topicVersion: versionOf(status),
    deadLetters: lettersOf(status),
    failuresInARow: stored?.failuresInARow ?? 0,
    error: health === 'failing' ? (stored?.last?.reason ?? null) : null,
    held: stored?.last?.held ?? null,
    committedAt: stored?.committedAt ?? null,
    reconciled: stored?.reconciled ?? null,
    lease: lease === null ? null : { holder: lease.holder, fence: String(lease.fence), msLeft: lease.msLeft },
  };
}
