/**
 * A place in a job's reading order: the exact text of each ordering column as the server prints
 * it (the cursor first, then the key; a bulk job: the key alone). Only the server ever compares it.
 * SQLite, whose values have no fixed type, writes SQL literals: `42`, `'2026-01-01'`, `X'00FF'`.
 */
export type Watermark = readonly string[];

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
