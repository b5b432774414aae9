import type { Column } from './column.ts';
import { hidden } from './shaping.ts';

/**
 * A place in a job's reading order: the exact text of each ordering column as the server prints
 * it (the cursor first, then the key; a bulk job: the key alone). Only the server ever compares it.
 * SQLite, whose values have no fixed type, writes SQL literals: `42`, `'2026-01-01'`, `X'00FF'`.
 */
export type Watermark = readonly string[];

/** A mark as it may be shown: of columns that are masked only that they are there. `columns`: of its parts, in order. */
export const shownMark = (mark: Watermark, columns: readonly (Pick<Column, 'masked'> | undefined)[]): readonly string[] =>
  mark.map((text, at) => (columns[at]?.masked === true ? hidden : text));

/** Microseconds since 1970 UTC on the source server's own clock. */
export type Micros = bigint;

/**
 * What a source knows of the transactions that it cannot see yet.
 * `floor`: no transaction that is invisible now, and none that begins later, can carry a server-made
 * stamp earlier than this. It is what a look-back must reach to.
 */
export interface Horizon {
  readonly now: Micros;
  readonly floor: Micros;
  /** How the floor was found, as `status` prints it: `oldest open transaction`, `lookback 60s`. */
  readonly method: string;
  /** The open transaction that the floor stands behind, where the server shows one. */
  readonly holder?: Holder | null;
  /**
   * When the session began that has been connected longest, as far as it is known; 0: before anybody looked. What a session took
   * for itself, such as ids of a sequence's cache, it may use as long as it lasts.
   */
  readonly eldest?: Micros;
  /** Which transactions had ended; none: the source cannot tell, or not so that a later read could rely on it. */
  readonly ended?: Ended;
  /** What transactions were visible, as PostgreSQL prints it: `100:105:100,102`. None: the source has no such numbers. */
  readonly snapshot?: string;
  /** Transactions may be open that the source does not see: the floor is assumed, not known. */
  readonly hidden?: boolean;
  /** A transaction is open whose beginning nobody tells: `order: strict` reads nothing meanwhile. */
  readonly blocked?: boolean;
}

/** Every transaction with a number below `below` had ended, and its rows were visible to whatever was read later. */
export interface Ended {
  /** The server whose numbers they are, from one start to the next. */
  readonly server: string;
  readonly below: bigint;
}

/** A transaction that is open on the source. */
export interface Holder {
  /** As the server's own views name it: `pid 4711`, `connection 12`, `prepared transaction "x"`. */
  readonly name: string;
  readonly user: string | null;
  /** When it began; of a prepared one, when it was prepared. */
  readonly since: Micros;
}

/** Ids not seen yet below the mark, both ends inclusive, as exact text; `from: null` has no lower end. */
export interface Gap {
  readonly from: string | null;
  readonly to: string;
  /**
   * Server time, decimal text of Micros, at which the gap was known to be there; dead once the floor of a
   * later horizon has passed it. null until the first horizon taken after the read that met the gap.
   */
  readonly seen: string | null;
}
