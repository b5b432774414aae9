import type { Column, Relation } from '../model/column.ts';
import type { Deletion } from '../model/deletion.ts';
import type { Gap, Micros, Watermark } from '../model/watermark.ts';

/** Which rows of the relation a read is after. */
export type Window =
  /** All of them: bulk, and the first load. */
  | { readonly kind: 'all' }
  /** Cursor at or after a text, and before another: `initial: {from}` and `backfill --from --to`. */
  | { readonly kind: 'range'; readonly from: string | null; readonly to: string | null }
  /**
   * Past the mark, and again every row whose stamp is at or after `floor`, where commits may have
   * come late (null: no look-back); with `fresh` only those of them that it lets through. `tied`: the rows that share the mark's own stamp are met again too.
   */
  | {
      readonly kind: 'after';
      readonly mark: Watermark;
      readonly floor: Micros | null;
      readonly tied: boolean;
      readonly fresh?: Fresh | null;
    }
  /** Past the mark, and the ids in the gaps below it, which ascend. */
  | { readonly kind: 'gaps'; readonly mark: Watermark; readonly gaps: readonly Pick<Gap, 'from' | 'to'>[] }
  /** The ids in the gaps alone, which ascend. */
  | { readonly kind: 'ids'; readonly gaps: readonly Pick<Gap, 'from' | 'to'>[] }
  /**
   * In key order, what transactions wrote that are visible in one snapshot, and were not in another (null: in none): the cursor
   * is the transaction's number.
   */
  | { readonly kind: 'snapshot'; readonly since: string | null; readonly upTo: string }
  /** The rows without a cursor, in key order. */
  | { readonly kind: 'nulls' }
  /** Every row, with a cursor or without, in key order: a row whose cursor changes keeps its place. */
  | { readonly kind: 'keys' };

/** Rows that were written by a transaction numbered `below` or higher, or stand in another table than the one that was looked at. */
export interface Fresh {
  readonly table: string;
  readonly below: bigint;
}

export interface ReadRequest {
  readonly relation: Relation;
  /** What each row's `values` holds, in this order. */
  readonly columns: readonly Column[];
  /** The user's own condition, SQL text. */
  readonly where: string | null;
  /** COALESCE in this order; empty: the key alone orders the rows. All columns of `order` are described below. */
  readonly cursor: readonly Column[];
  readonly key: readonly Column[];
  readonly window: Window;
  /** Continue after this position of the same window (exclusive); null for its first page. */
  readonly page: Watermark | null;
  /** Nothing after this position of the same window (inclusive): the end of a backfill's chunk. None: the window's own end. */
  readonly until?: Watermark | null;
  /** Nothing stamped at or after this, but for what a look-back meets up to the mark. None: no such bound. */
  readonly below?: Micros | null;
  /** Flag the rows of which this holds; none: flag none. */
  readonly deleted?: Deletion | null;
  /** Flag rows whose stamp is at or after this; null: flag none. */
  readonly recentFrom: Micros | null;
  /** Mark text of some row's cursor, whose print form instants take where a database has no stamp type (SQLite); null when none is known. */
  readonly sample: string | null;
  /** The version of the relation whose columns these are, for the batches to be confirmed by; none: they are not. */
  readonly version?: string | undefined;
  /** Most rows of this page; null: no limit. */
  readonly limit: number | null;
}

/** Rows of the first page of a read: most polls find few or none, so a source may read up to so many in one plain statement. */
export const smallPage = 250;
