import { formatDuration } from '../../kit/duration.ts';
import type { Horizon } from '../../model/watermark.ts';

export const defaultLookbackMs = 5000;

/**
 * SQLite lets one writer in at a time, so a stamp that SQLite itself makes inside the writing statement
 * is in commit order: nothing invisible can carry an earlier one. The look-back is for stamps that an
 * application made before it waited for the write lock, five seconds being the usual busy timeout.
 * `nowMs`: this machine's clock, which is the writers' too: SQLite files are not shared between machines.
 */
export function horizonAt(nowMs: number, lookbackMs: number | null): Horizon {
  const lookback = lookbackMs ?? defaultLookbackMs;
  const now = BigInt(Math.floor(nowMs * 1000));
  return { now, floor: now - BigInt(Math.ceil(lookback * 1000)), method: `single writer; lookback ${formatDuration(lookback)}` };
}
