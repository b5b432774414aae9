import { expect, it } from 'vitest';
import { createPostgres } from '../../support/databases.ts';
import { openPolls } from '../../support/quiet-poll.ts';

/** A limit of temporary files stands in for a disk without room for them: the same class of error, at the same place. */
it('a server that has no room to sort is tried again, with the disk and the index as the cure', async () => {
  await using db = await createPostgres();
  await db.run(`CREATE TABLE t (id bigint PRIMARY KEY, at timestamptz NOT NULL, body text NOT NULL);
    INSERT INTO t SELECT n, now() - n * interval '1 second', repeat('x', 500) FROM generate_series(1, 20000) n; ANALYZE t;
    ALTER DATABASE ${db.name} SET temp_file_limit = '64kB'; ALTER DATABASE ${db.name} SET work_mem = '64kB'`);
  const job = { table: 't', cursor: 'at', initial: 'bulk', batch: 20_000 };
  {
    await using polls = await openPolls(db.url, job);
    const cure = expect.stringMatching(/disk.*index on \(cursor, key\)/);
    await expect(polls.poll()).rejects.toMatchObject({ code: 'LIB210', transient: true, cure });
  }
  await db.run(`ALTER DATABASE ${db.name} RESET ALL`);
  await using polls = await openPolls(db.url, job);
  expect(await polls.poll()).toMatchObject({ published: 20_000 });
});
