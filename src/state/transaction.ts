import type { Knex } from 'knex';
import { systemClock } from '../kit/clock.ts';
import { LiberateError } from '../kit/errors.ts';
import type { StateDatabase } from './database.ts';

/** How long a statement waits for another process's lock, in milliseconds. */
export const lockWaitMs = 5000;

/**
 * Does the work, and again for as long as the store is only busy. The waiting is done here and not in
 * the driver, because SQLite's own busy time-out sleeps on the event loop's thread.
 */
export async function patiently<T>(database: StateDatabase, closed: AbortSignal, work: () => Promise<T>): Promise<T> {
  const until = systemClock.now() + lockWaitMs;
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof LiberateError) throw thrown;
      const { error, again } = database.sort(thrown);
      if (error.code === 'LIB405') database.forsake();
      if (!again || closed.aborted || systemClock.now() >= until) throw error;
    }
    await systemClock.sleep(5 + Math.random() * 20, closed);
  }
}

/**
 * One transaction, rolled back when the work throws. The work's own error is the one thrown: knex would
 * replace it by the rollback's, which fails too when the database has rolled back by itself.
 */
export async function inTransaction<T>(database: StateDatabase, db: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  let failure: { readonly thrown: unknown } | null = null;
  const noticed = async (trx: Knex.Transaction): Promise<T> => {
    try {
      if (database.lock !== null) await trx.raw(database.lock);
      return await work(trx);
    } catch (thrown) {
      failure = { thrown };
      throw thrown;
    }
  };
  try {
    return await db.transaction(noticed, database.isolation === null ? {} : { isolationLevel: database.isolation });
  } catch (thrown) {
    const cause = failure as { readonly thrown: unknown } | null;
    if (cause !== null) throw cause.thrown;
    await database.recover(db).catch(() => {}); // The COMMIT's error is the one to tell.
    throw thrown;
  }
}
