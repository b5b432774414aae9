import type { Value } from './value.ts';
import type { Watermark } from './watermark.ts';

export interface Row {
  /** In the order of the request's columns. */
  readonly values: readonly Value[];
  /** Where the row stands in the reading order. */
  readonly position: Watermark;
  /** It lies after the job's mark: it cannot have been published under this stamp before. */
  readonly ahead: boolean;
  /** It lies at or after `recentFrom`: the next poll will meet it again, so it must be remembered. */
  readonly recent: boolean;
}

/**
 * Rows in reading order. `safe` is the greatest position of which every row has been yielded, null
 * while the batch ends inside a tie.
 */
export interface RowBatch {
  readonly rows: readonly Row[];
  readonly safe: Watermark | null;
}
