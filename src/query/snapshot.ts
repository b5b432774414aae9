/** What a transaction snapshot of PostgreSQL shows: all numbers below `end` but those that were running. Exact text. */
export interface Snapshot {
  /** Every number below it had ended. */
  readonly ended: string;
  /** The first number that was not given out yet. */
  readonly end: string;
  readonly running: readonly string[];
}

/** `100:105:100,102` as the server prints it. null when it is none. */
export function parseSnapshot(text: string): Snapshot | null {
  const [, ended, end, running] = /^(\d+):(\d+):((?:\d+(?:,\d+)*)?)$/.exec(text) ?? [];
  if (ended === undefined || end === undefined || running === undefined) return null;
  return { ended, end, running: running === '' ? [] : running.split(',') };
}
