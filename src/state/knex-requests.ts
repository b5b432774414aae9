import type { Knex } from 'knex';
import type { AskedBackfill, BackfillAnswer } from '../model/backfill.ts';
import { fromNow } from './database.ts';
import { tables } from './migrations.ts';
import { hasEnded, type RequestStore } from './request-store.ts';
import { decodeAnswer, decodeAsked, encodeState, type Row } from './rows.ts';

/** What of a store its requests go through. */
interface Ways {
  about<T>(job: string, work: (db: Knex) => Promise<T>): Promise<T>;
  transaction<T>(job: string, work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  fenced(job: string, fence: bigint, write: (trx: Knex.Transaction) => Promise<void>): Promise<'committed' | 'fenced'>;
  /** Milliseconds, by the store's own clock, as SQL. */
  readonly clock: string;
}

export class KnexRequests implements RequestStore {
  readonly #ways: Ways;

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  ask(job: string, asked: AskedBackfill, ttlMs: number): Promise<boolean> {
    const columns = { ...encodeState(asked), asker: asked.by, answer: null };
    return this.#ways.transaction(job, async (trx) => {
      // First, so that there is a row to lock: of two that ask at once one waits here.
      await trx(tables.request)
        .insert({ job, ...columns, expires_at: 0 })
        .onConflict('job')
        .ignore();
      const changed = await trx(tables.request)
        .where({ job })
        .where((mine) => void mine.where({ asker: asked.by }).orWhere('expires_at', '<=', trx.raw(this.#ways.clock)))
        .update({ ...columns, expires_at: fromNow(trx, this.#ways.clock, ttlMs) });
      return changed === 1;
    });
  }

  hear(job: string, by: string, ttlMs: number): Promise<BackfillAnswer | 'gone' | null> {
    return this.#ways.about(job, async (db) => {
      const stands = await this.#standing(db, job, by).update({ expires_at: fromNow(db, this.#ways.clock, ttlMs) });
      if (stands === 0) return 'gone';
      const [row]: readonly Row[] = await db(tables.request).select('answer').where({ job });
      return row === undefined ? 'gone' : decodeAnswer(job, row);
    });
  }

  async withdraw(job: string, by: string): Promise<void> {
    await this.#ways.about(job, (db) => db(tables.request).where({ job, asker: by }).update({ expires_at: 0 }));
  }

  find(job: string): Promise<AskedBackfill | null> {
    return this.#ways.about(job, async (db) => {
      const [row]: readonly Row[] = await this.#standing(db, job).select('state', 'state_sum', 'answer');
      return row === undefined || hasEnded(decodeAnswer(job, row)) ? null : decodeAsked(job, row);
    });
  }

  async answer(job: string, by: string, answer: BackfillAnswer, fence: bigint): Promise<'heard' | 'gone' | 'fenced'> {
    let heard = 0;
    const outcome = await this.#ways.fenced(job, fence, async (trx) => {
      heard = await this.#standing(trx, job, by).update({ answer: JSON.stringify(answer) });
    });
    if (outcome === 'fenced') return 'fenced';
    return heard === 1 ? 'heard' : 'gone';
  }

  #standing(db: Knex, job: string, by?: string): Knex.QueryBuilder {
    const rows = db(tables.request).where({ job }).where('expires_at', '>', db.raw(this.#ways.clock));
    return by === undefined ? rows : rows.where({ asker: by });
  }
}
