import type { Clock } from '../../kit/clock.ts';
import type { AskedBackfill, BackfillAnswer } from '../../model/backfill.ts';
import { checkJobName } from '../job-name.ts';
import { hasEnded, type RequestStore } from '../request-store.ts';

interface Standing {
  readonly asked: AskedBackfill;
  readonly answer: BackfillAnswer | null;
  readonly expiresAt: number;
}

export class MemoryRequests implements RequestStore {
  readonly #clock: Clock;
  readonly #isNewest: (job: string, fence: bigint) => boolean;
  readonly #requests = new Map<string, Standing>();

  constructor(clock: Clock, isNewest: (job: string, fence: bigint) => boolean) {
    this.#clock = clock;
    this.#isNewest = isNewest;
  }

  async ask(job: string, asked: AskedBackfill, ttlMs: number): Promise<boolean> {
    checkJobName(job);
    const other = this.#standing(job);
    if (other !== null && other.asked.by !== asked.by) return false;
    this.#requests.set(job, { asked, answer: null, expiresAt: this.#clock.now() + ttlMs });
    return true;
  }

  async hear(job: string, by: string, ttlMs: number): Promise<BackfillAnswer | 'gone' | null> {
    const standing = this.#standing(job);
    if (standing?.asked.by !== by) return 'gone';
    this.#requests.set(job, { ...standing, expiresAt: this.#clock.now() + ttlMs });
    return standing.answer;
  }

  async withdraw(job: string, by: string): Promise<void> {
    if (this.#requests.get(job)?.asked.by === by) this.#requests.delete(job);
  }

  async find(job: string): Promise<AskedBackfill | null> {
    const standing = this.#standing(job);
    return standing === null || hasEnded(standing.answer) ? null : standing.asked;
  }

  async answer(job: string, by: string, answer: BackfillAnswer, fence: bigint): Promise<'heard' | 'gone' | 'fenced'> {
    if (!this.#isNewest(job, fence)) return 'fenced';
    const standing = this.#standing(job);
    if (standing?.asked.by !== by) return 'gone';
    this.#requests.set(job, { ...standing, answer });
    return 'heard';
  }

  stands(job: string): boolean {
    return this.#standing(job) !== null;
  }

  #standing(job: string): Standing | null {
    const found = this.#requests.get(job);
    return found === undefined || found.expiresAt <= this.#clock.now() ? null : found;
  }
}
