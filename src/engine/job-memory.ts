import type { JobState } from '../model/state.ts';
import type { Horizon } from '../model/watermark.ts';
import type { Look } from './clock-set-back.ts';
import type { Seen } from './ended.ts';
import { LastAnswer } from './last-answer.ts';
import type { Letters } from './letters.ts';
import type { PublishedLog } from './published-log.ts';
import type { Admission } from './schema-gate.ts';
import type { Spill } from './verify-spill.ts';

/** What a job remembers from one cycle to the next in this process alone. */
export interface JobMemory {
  /** What the next cycle starts from: the committed state, or where a quiet poll has left it; unknown: it has to be loaded. */
  state: JobState | null | 'unknown';
  /** What the stream has of these keys a reconcile has published since the last poll. */
  readonly told: Set<string>;
  /** When its cursor was last found free of NULLs, milliseconds since 1970. */
  nullsCheckedAt: number | null;
  /** When its last read ended, milliseconds of performance.now(). */
  readEndedAt: number;
  /** The poll before, where it went well and its state is the one that the next starts from. */
  seen: Seen | null;
  /** The transaction of which it was last told that it keeps rows back; null: none. */
  toldOf: string | null;
  /** The look of the last poll that ended well. */
  look: Look | null;
  /** The newest one taken. */
  horizon: Horizon | null;
  /** The log of what it publishes, under the lease with this fence. */
  published: { readonly fence: bigint; readonly log: Promise<PublishedLog> } | null;
  /** Gets the key of each event that leaves, while a reconcile goes on. */
  touched: Spill | null;
  /** The sink has refused a record: batches leave one by one, and those that are refused are taken apart. */
  careful: boolean;
  /** The state could not be saved: whether it can be is found out before anything is published again. */
  unsaved: boolean;
  letters: Letters | null;
  /** The newest plan whose schema may leave. */
  admission: Admission | null;
  readonly answer: LastAnswer;
}

export const newMemory = (): JobMemory => ({
  state: 'unknown',
  told: new Set(),
  nullsCheckedAt: null,
  readEndedAt: Number.NEGATIVE_INFINITY,
  look: null,
  horizon: null,
  published: null,
  touched: null,
  toldOf: null,
  seen: null,
  careful: false,
  unsaved: false,
  letters: null,
  admission: null,
  answer: new LastAnswer(),
});
