import type { AskedBackfill, BackfillAnswer } from '../model/backfill.ts';

/** The backfills that commands ask of the runners which hold their jobs: one for a job at a time. */
export interface RequestStore {
  /** Asks, in place of this asker's own request or one that has ended. False while another's stands. */
  ask(job: string, asked: AskedBackfill, ttlMs: number): Promise<boolean>;
  /** Keeps one's request standing for so long from now and gives what the runner says; null: nothing yet, `gone`: it does not stand any more. */
  hear(job: string, by: string, ttlMs: number): Promise<BackfillAnswer | 'gone' | null>;
  /** The asker's own last word: nobody need go on with it. */
  withdraw(job: string, by: string): Promise<void>;
  /** What stands and has not ended; null: nothing. */
  find(job: string): Promise<AskedBackfill | null>;
  /** Answers, under the newest fence of the job. `gone`: this asker's request does not stand any more. */
  answer(job: string, by: string, answer: BackfillAnswer, fence: bigint): Promise<'heard' | 'gone' | 'fenced'>;
}

/** The runner has said its last word: its asker may not have heard it yet, and nobody is to begin it once more. */
export const hasEnded = (answer: BackfillAnswer | null): boolean => answer !== null && answer.end !== null;
