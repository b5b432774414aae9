import type { BackfillState } from '../model/backfill.ts';
import type { ReconcileReport } from '../model/published.ts';
import type { CycleReport } from '../model/report.ts';
import type { JobState } from '../model/state.ts';
import type { PublishedStore } from './published-store.ts';
import type { RequestStore } from './request-store.ts';

export interface LeaseRow {
  readonly holder: string;
  readonly fence: bigint;
  /** Milliseconds left by the store's own clock; 0 or less when it has ended. */
  readonly msLeft: number;
}

export type Acquired =
  | { readonly ok: true; readonly fence: bigint }
  | { readonly ok: false; readonly holder: string; readonly msLeft: number };

/** What a renewal tells the lease's holder; `lost`: it is so no more. */
export type Renewal = Told | 'lost';

export interface Told {
  /** A command asks something of it. */
  readonly asked: boolean;
  /** A runner waits for the lease. */
  readonly wanted: boolean;
}

/**
 * How one stands in the line for a lease. A runner `wants` it: for the time of a lease from its last try on the holder is told so, and
 * the lease goes to none that `yields`.
 */
export type Standing = 'wants' | 'takes' | 'yields';

/** A job's row as `status` and `state show` print it. */
export interface StoredJob {
  readonly job: string;
  readonly state: JobState | null;
  /** Milliseconds since 1970 of the last commit; null without a state. */
  readonly committedAt: number | null;
  /** The newest report, and the newest one that was `ok`. */
  readonly last: CycleReport | null;
  readonly lastOk: CycleReport | null;
  /** Events of all cycles and reconciles. */
  readonly publishedTotal: number;
  readonly failuresInARow: number;
  readonly lease: LeaseRow | null;
  /** The newest reconcile; null where there was none. */
  readonly reconciled: ReconcileReport | null;
}

/**
 * Durable progress of the jobs. `open` migrates an older schema and refuses a damaged, foreign,
 * newer or read-only one (LIB402-LIB405); an unreadable state is never reset.
 * Leases use the store's own clock, so that runners on several hosts agree.
 */
export interface StateStore extends AsyncDisposable {
  open(signal: AbortSignal): Promise<void>;

  /** What the jobs have published. */
  readonly published: PublishedStore;
  /** What commands ask of their runners. */
  readonly requests: RequestStore;

  load(job: string): Promise<JobState | null>;
  /** Writes the state if the fence is still the newest of the job, in one transaction; otherwise changes nothing. */
  commit(job: string, state: JobState, fence: bigint): Promise<'committed' | 'fenced'>;
  /**
   * Forgets the job's progress, under the same rule. The keys that it has published stay known, for their tombstones;
   * what was published of them does not.
   */
  reset(job: string, fence: bigint): Promise<'committed' | 'fenced'>;
  /** Remembers how cycles ended, in one transaction. Not fenced: it is history. */
  record(...reports: readonly CycleReport[]): Promise<void>;
  list(): Promise<readonly StoredJob[]>;

  /** The job's newest backfill, finished or not; null when there never was one. */
  loadBackfill(job: string): Promise<BackfillState | null>;
  /** Writes it in place of the one before, under the same rule as `commit`. The job's own progress stays as it is. */
  commitBackfill(job: string, backfill: BackfillState, fence: bigint): Promise<'committed' | 'fenced'>;

  /** Takes the lease when it is free, ended, or already this holder's; each taking has a higher fence than any before. */
  acquire(job: string, holder: string, ttlMs: number, standing?: Standing): Promise<Acquired>;
  /** `lost` when another has taken it. */
  renew(job: string, fence: bigint, ttlMs: number): Promise<Renewal>;
  /** Ends the lease if it is still ours; its fence stays remembered. */
  release(job: string, fence: bigint): Promise<void>;
}
