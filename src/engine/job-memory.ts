import type { Horizon } from '../model/watermark.ts';

/** What a job remembers from one cycle to the next in this process alone. */
export interface JobMemory {
  /** When its cursor was last found free of NULLs, milliseconds since 1970. */
  nullsCheckedAt: number | null;
  /** When its last read ended, milliseconds of performance.now(). */
  readEndedAt: number;
  /** The newest one taken. */
  horizon: Horizon | null;
}

export const newMemory = (): JobMemory => ({ nullsCheckedAt: null, readEndedAt: Number.NEGATIVE_INFINITY, horizon: null });
