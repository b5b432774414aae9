import type { PackedRows } from './packed-rows.ts';
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
  /** It is marked as deleted, and the request asked for it. Left out: it is not. */
  readonly deleted?: boolean;
}

/** Rows in reading order; valid until the next batch of the same read is asked for. */
export interface RowBatch {
  readonly count: number;
  /** The greatest position of which every row has been yielded, null while the batch ends inside a tie. */
  readonly safe: Watermark | null;
  /** The fields as the server sent them, where the driver gives its bytes; otherwise null, and the values are at hand. */
  readonly packed: PackedRows | null;
  values(at: number): readonly Value[];
  position(at: number): Watermark;
  /** The first part of the position: the cursor. */
  lead(at: number): string;
  ahead(at: number): boolean;
  recent(at: number): boolean;
  deleted(at: number): boolean;
  /**
   * Rejects with LIB215 where the relation is not as the request knows it any more: then its rows may be of another shape than they were asked
   * in. To be awaited before anything of the page leaves; it costs the source a look, once a page. None: nothing to look at.
   */
  readonly confirm?: (() => Promise<void>) | undefined;
}

/** A batch of rows that are JavaScript values. */
export function batchOfRows(rows: readonly Row[], safe: Watermark | null): RowBatch {
  const row = (at: number): Row => rows[at] as Row;
  return {
    count: rows.length,
    safe,
    packed: null,
    values: (at) => row(at).values,
    position: (at) => row(at).position,
    lead: (at) => row(at).position[0] as string,
    ahead: (at) => row(at).ahead,
    recent: (at) => row(at).recent,
    deleted: (at) => row(at).deleted === true,
  };
}

/** Every row of a batch as an object of its own. */
export function rowsOf(batch: RowBatch): readonly Row[] {
  return Array.from({ length: batch.count }, (_, at) => ({
    values: batch.values(at),
    position: batch.position(at),
    ahead: batch.ahead(at),
    recent: batch.recent(at),
    deleted: batch.deleted(at),
  }));
}
