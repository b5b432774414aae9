import type { Guarantee } from './guarantee.ts';

/** What keeps rows back from a job with `order: strict`. */
export interface Held {
  /** `pid 4711`, `connection 12`, `prepared transaction "x"`. */
  readonly by: string;
  readonly user: string | null;
  /** Milliseconds since the transaction began, when the cycle looked. */
  readonly openMs: number;
}

/** How one cycle of a job ended. Times are milliseconds since 1970 on our clock. */
export interface CycleReport {
  readonly job: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: 'ok' | 'failed' | 'stopped' | 'skipped';
  /** Why it was skipped (`overlap`, `lease held by …`), or the failure as formatError prints it. */
  readonly reason: string | null;
  /** The failure's code, e.g. `LIB201`. */
  readonly code: string | null;
  readonly published: number;
  /** Rows met again by a look-back and not published again. */
  readonly repeated: number;
  /** Rows with a NULL cursor that were published by `nulls: include`. */
  readonly nulls: number;
  /** Rows that could not be published and are dead letters now. */
  readonly deadLetters: number;
  readonly bytes: number;
  /** Cursor text of the mark after the cycle. */
  readonly mark: string | null;
  /** Milliseconds from the newest published row's own time to its acknowledgement; null without event time. */
  readonly lagMs: number | null;
  /** The mark's own time; null where it tells none. Not in reports of older versions. */
  readonly markAt?: number | null;
  /** What held in this cycle; null before the job met its relation. Only in reports that are kept, and not in those of older versions. */
  readonly guarantee?: Guarantee | null;
  /** Absent: nothing keeps rows back. */
  readonly held?: Held;
}

/** Something `validate` or a check found. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'info';
  readonly code: string | null;
  readonly job: string | null;
  readonly message: string;
  readonly cure: string | null;
}
