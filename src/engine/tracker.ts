import type { Row } from '../model/row.ts';
import type { JobState } from '../model/state.ts';
import type { Micros, Watermark } from '../model/watermark.ts';
import type { Window } from '../query/request.ts';

/** The part of a job's state that a cycle moves. */
export type Progress = Pick<JobState, 'mark' | 'since' | 'sent' | 'tied' | 'gaps'>;

export const noProgress: Progress = { mark: null, since: null, sent: {}, tied: false, gaps: [] };

/**
 * How a mode keeps its promise that no late commit is lost: what to read again, which rows of it have
 * been published before, and what the next cycle must know. Pure: it reads and writes nothing itself.
 */
export interface Tracker {
  readonly window: Window;
  /** Flag rows at or after this stamp as recent; null: none. */
  readonly recentFrom: Micros | null;
  /** A row was met, in reading order: must it be published? `key` and `value` are its bytes. */
  meet(row: Row, key: Buffer | null, value: Buffer): boolean;
  /** Progress once everything up to this mark, which lies after the old one, is acknowledged. */
  at(mark: Watermark): Progress;
  /** Progress once the whole window has been read and acknowledged. */
  end(): Progress;
}
