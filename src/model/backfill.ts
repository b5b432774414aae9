import type { ErrorCode } from '../kit/errors.ts';
import type { Definition } from './state.ts';
import type { Watermark } from './watermark.ts';

/** Which rows a backfill publishes, as the user wrote it. */
export interface BackfillRange {
  /** Cursor at or after this text; null: from the beginning. */
  readonly from: string | null;
  /** Cursor before this text; null: to the end. */
  readonly to: string | null;
  /** Chunks of so much time of the cursor, `1d` or `6h`; null: of so many rows. */
  readonly window: string | null;
}

/** A part of a backfill. The chunks of one lie behind each other in reading order, and each row that stays where it is lies in exactly one. */
export interface Chunk {
  /** Cursor at or after, and before; null: no such end. Both null where the key alone orders the rows. */
  readonly from: string | null;
  readonly to: string | null;
  /** Positions in reading order: behind this one, up to and with that one; null: no such end. */
  readonly after: Watermark | null;
  readonly upto: Watermark | null;
  /**
   * Read only when all chunks before it are done: a row may have moved into it from one of them, so that its
   * newer event must not be sent beside the older.
   */
  readonly alone: boolean;
  /** Rows that were counted when it was cut; null: not known. */
  readonly rows: number | null;
}

export interface ChunkProgress extends Chunk {
  /** Everything of the chunk up to here is acknowledged; null: nothing yet. */
  readonly mark: Watermark | null;
  readonly done: boolean;
  readonly published: number;
}

/** What a backfill publishes: it is only gone on with where all of this is still the same. */
export interface BackfillScope {
  readonly definition: Definition;
  /** Fingerprint of the event schema. */
  readonly schema: string;
  readonly sink: string;
  readonly topic: string;
  /** As the user wrote them. */
  readonly from: string | null;
  readonly to: string | null;
  readonly window: string | null;
}

/** The durable progress of a backfill: its chunks are decided once, and gone through in any number of runs. */
export interface BackfillState {
  readonly scope: BackfillScope;
  /** Milliseconds since 1970 at which it was begun; of a job with several tables, one for all of them. */
  readonly begun: number;
  /** In reading order. */
  readonly chunks: readonly ChunkProgress[];
}

export const isFinished = ({ chunks }: BackfillState): boolean => chunks.every(({ done }) => done);

/** What one chunk came to in this run. */
export interface ChunkReport {
  /** From 1, in reading order. */
  readonly chunk: number;
  /** Which rows, as a person reads it. */
  readonly range: string;
  readonly published: number;
  readonly ms: number;
}

/** What was done of a backfill. */
export interface BackfillCounts {
  readonly published: number;
  readonly deadLetters: number;
  readonly bytes: number;
  /** Those that are done. */
  readonly chunks: readonly ChunkReport[];
}

export const noCounts: BackfillCounts = { published: 0, deadLetters: 0, bytes: 0, chunks: [] };

export const addCounts = (before: BackfillCounts, after: BackfillCounts): BackfillCounts => ({
  published: before.published + after.published,
  deadLetters: before.deadLetters + after.deadLetters,
  bytes: before.bytes + after.bytes,
  chunks: [...before.chunks, ...after.chunks],
});

/** A backfill that a command asks of the runner which holds the job. */
export interface AskedBackfill {
  /** Who asks, as in a lease. */
  readonly by: string;
  /** Chunks at a time, at most. */
  readonly parallel: number;
  /** As it is to begin; where the job's own record was begun at the same time, that is gone on with. */
  readonly backfill: BackfillState;
}

/** What the runner says of it, all counts since it took it over. */
export interface BackfillAnswer extends BackfillCounts {
  /** The runner, as in its lease. */
  readonly runner: string;
  /** null: it goes on. */
  readonly end: 'done' | BackfillFailure | null;
}

export interface BackfillFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cure: string;
  /** The column that it is about; null: none. */
  readonly column: string | null;
}
