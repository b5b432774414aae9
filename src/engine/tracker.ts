import type { RecordBatch } from '../model/record-batch.ts';
import type { RowBatch } from '../model/row.ts';
import type { JobState } from '../model/state.ts';
import type { Micros, Watermark } from '../model/watermark.ts';
import type { Window } from '../query/request.ts';
import type { Reader } from './publisher.ts';

/** The part of a job's state that a cycle moves. */
export type Progress = Pick<JobState, 'mark' | 'since' | 'sent' | 'tied' | 'gaps' | 'settled'>;

export const noProgress: Progress = { mark: null, since: null, sent: {}, tied: false, gaps: [] };

/** Adds the event of a row to a batch, as the publisher does. */
export type Encode = (rows: RowBatch, at: number, into: RecordBatch) => void;

/**
 * How a mode keeps its promise that no late commit is lost: what to read again, which rows of it have
 * been published before, and what the next cycle must know. Pure: it reads and writes nothing itself.
 */
export interface Tracker extends Reader {
  readonly window: Window;
  /** Begin behind this position of the window; none: at its beginning. */
  readonly after?: Watermark | null;
  /** Flag rows at or after this stamp as recent; null: none. */
  readonly recentFrom: Micros | null;
  /** Nothing at or after this stamp is read past the mark; null: no such bound. */
  readonly below: Micros | null;
  /** Progress once everything up to this mark, one that `met` gave, is acknowledged. */
  at(mark: Watermark): Progress;
  /** Progress once the whole window has been read and acknowledged. */
  end(): Progress;
}
