import type { LiberateError } from '../kit/errors.ts';
import type { Column, Relation, Shape, TableName } from '../model/column.ts';
import type { Sight } from '../model/guarantee.ts';
import type { Wake } from '../model/job.ts';
import type { PackedRows } from '../model/packed-rows.ts';
import type { RowBatch } from '../model/row.ts';
import type { Horizon, Watermark } from '../model/watermark.ts';
import type { Explained } from '../query/explained.ts';
import type { ReadRequest } from '../query/request.ts';

export interface SourceFacts {
  /** `PostgreSQL 15.18`, `MariaDB 10.11.19`, `SQLite 3.53.2`. */
  readonly version: string;
  /** Schema or database meant by a table name without one; null in SQLite. */
  readonly defaultSchema: string | null;
  readonly database: string;
  /** The zone that its own clock shows, an IANA name or an offset such as `+02:00`; null: unknown, or UTC. */
  readonly timezone: string | null;
  /** Remarks on privileges and settings that weaken a guarantee, each with what would raise it. */
  readonly remarks: readonly string[];
  readonly sight: Sight;
}

/** A page that was read together with others. */
export interface SmallPage {
  /** All its rows, as they came. */
  readonly packed: PackedRows;
  /** The same as a batch, each looked at. LIB211, LIB212. */
  rows(): RowBatch | null;
}

/** Told of commits; both must neither throw nor block. */
export interface HintListener {
  /** Something may have been committed. Never earlier than it can be read. */
  hint(): void;
  /** Hints have stopped, and are being brought back; null: they come again. Told to one listener of those concerned. */
  trouble(error: LiberateError | null): void;
}

/** What wakes jobs between their due times. Hints can be lost, late or for nothing: the poll stays the truth. */
export interface Hints {
  /**
   * Hints from soon after now until it is disposed; also one each time they begin or come back, since nobody knows what
   * was missed. However many watch, the source sees one connection.
   */
  watch(wake: Wake, listener: HintListener): AsyncDisposable;

  /** SQL that makes commits to a table give the hints; null: they do by themselves. A `table` of null stands for any. */
  setup(wake: Wake, table: TableName | null): string | null;
}

/**
 * A database that is only read. Implementations hold their connections through knex, stream rows by
 * the driver's own means, never a whole result in memory, and sort native errors into LiberateError
 * at their edge (LIB2xx). Every value is delivered in the canonical form of model/value.ts.
 *
 * Not their job: deciding what to read next, remembering what was sent, retrying, encoding.
 */
export interface Source extends AsyncDisposable {
  readonly name: string;
  readonly kind: 'postgres' | 'mysql' | 'sqlite';

  /** null: nothing in this database can tell of a commit. */
  readonly hints: Hints | null;

  /** Connects and probes. LIB201, LIB202. */
  check(signal: AbortSignal): Promise<SourceFacts>;

  /** Tables and views that the user may read, outside the system's own schemas; in name order. */
  tables(signal: AbortSignal): Promise<readonly TableName[]>;

  /** Columns in order; for a table its key and indexes too. LIB203 for a missing table, LIB207 for a refused query. */
  describe(relation: Relation, signal: AbortSignal): Promise<Shape>;

  /**
   * The server's clock and its oldest open transaction. `lookbackMs`: the user's, or null for the
   * source's own. To be taken before the reads that it bounds: an older horizon is the safe one. `after`: a moment
   * of performance.now(); a look that began later, for another job, will do. Left out: a new one.
   */
  horizon(lookbackMs: number | null, signal: AbortSignal, after?: number): Promise<Horizon>;

  /** Rows whose cursor is NULL, counted up to 1,000. */
  countNulls(request: ReadRequest, signal: AbortSignal): Promise<number>;

  /** The last position in reading order, null for an empty relation. */
  last(request: ReadRequest, signal: AbortSignal): Promise<Watermark | null>;

  /** The position of the row with the number `limit` (from 1) of the request; null when it has fewer. It costs a walk over as many entries of the index. */
  nth(request: ReadRequest, signal: AbortSignal): Promise<Watermark | null>;

  /** Rows the request would return, roughly and cheaply, for a progress bar; null when unknown. */
  estimate(request: ReadRequest, signal: AbortSignal): Promise<number | null>;

  /** The page's statement, and how the database would answer it: planned with its binds, never run. */
  explain(request: ReadRequest, signal: AbortSignal): Promise<Explained>;

  /** DDL of an index that begins with the cursor (of a list: with their COALESCE) and ends in `rest`. */
  indexSql(table: TableName, cursor: readonly string[], rest: readonly string[]): string;

  /**
   * Streams one page in reading order, in batches of some hundred kilobytes. The consumer's pace
   * is kept (back-pressure to the server); leaving the loop early frees the connection.
   */
  read(request: ReadRequest, signal: AbortSignal): AsyncIterable<RowBatch>;

  /**
   * As `read`, but at the isolation level READ UNCOMMITTED: what open transactions have written is among the rows. To be asked which
   * rows there are, never for what they hold. null: this database shows nobody what is not committed.
   */
  readonly uncommitted: ((request: ReadRequest, signal: AbortSignal) => AsyncIterable<RowBatch>) | null;

  /**
   * The first page of a poll, in one round trip with those that others ask for in the same moment. It needs no connection that others may
   * be waiting for, and is answered soon: null: there are no rows; `apart`: it is to be read by itself. The rows are all of the page's, and valid until the next
   * call with the same columns. null: this source has no such thing.
   */
  readonly together: ((request: ReadRequest, signal: AbortSignal) => Promise<SmallPage | null | 'apart'>) | null;

  /** Text as a user writes it (YAML `from:`, `--from`, `state set`) → mark text; LIB213-free: throws LIB103 if the type refuses it. */
  parseCursor(text: string, column: Column): string;
}
