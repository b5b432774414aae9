import { openPostgres, type TestDatabase } from '../support/databases.ts';
import { waitFor } from '../support/topics.ts';

/** Resolves when the standby at this URL has replayed what the primary of the database has written by now. */
export async function caughtUp(db: TestDatabase, standby: string): Promise<void> {
  const [[written] = []] = await db.rows('SELECT pg_current_wal_lsn()');
  await using session = await openPostgres(standby);
  await waitFor(
    async () => {
      const [[done] = []] = await session.rows(`SELECT pg_last_wal_replay_lsn() >= '${written}'::pg_lsn`);
      return done === 't';
    },
    { timeout: 30_000, what: 'the standby to follow' },
  );
}
