import type { Held } from '../model/report.ts';

/** Counts of one cycle, written by its parts as it goes. */
export interface Tally {
  published: number;
  repeated: number;
  nulls: number;
  deadLetters: number;
  bytes: number;
  /** Event time of the newest acknowledged row, milliseconds since 1970; null without event time. */
  newest: number | null;
  /** Milliseconds from that row's own time to its acknowledgement. */
  lagMs: number | null;
  /** What keeps rows back; null: nothing. */
  held: Held | null;
}

export const newTally = (): Tally => {
  return { published: 0, repeated: 0, nulls: 0, deadLetters: 0, bytes: 0, newest: null, lagMs: null, held: null };
};
