import { chownSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { canMount, mountedDisk } from '../../state/mounted-disk.ts';
import { createPostgres, type TestDatabase } from '../../support/databases.ts';
import { openPolls } from '../../support/quiet-poll.ts';

const job = { table: 't', cursor: 'at', initial: 'bulk', batch: 20_000 };
const retried = { code: 'LIB210', transient: true, cure: expect.stringMatching(/disk.*index on \(cursor, key\)/) };

/** Its rows are sorted on the disk. */
async function unindexed(db: TestDatabase): Promise<void> {
  await db.run(`CREATE TABLE t (id bigint PRIMARY KEY, at timestamptz NOT NULL, body text NOT NULL);
    INSERT INTO t SELECT n, now() - n * interval '1 second', repeat('x', 500) FROM generate_series(1, 20000) n; ANALYZE t;
    ALTER DATABASE ${db.name} SET work_mem = '64kB'`);
}

/** A limit of temporary files stands in for a disk without room for them: the same class of error, at the same place. */
it('a server that has no room to sort is tried again, with the disk and the index as the cure', async () => {
  await using db = await createPostgres();
  await unindexed(db);
  await db.run(`ALTER DATABASE ${db.name} SET temp_file_limit = '64kB'`);
  {
    await using polls = await openPolls(db.url, job);
    await expect(polls.poll()).rejects.toMatchObject(retried);
  }
  await db.run(`ALTER DATABASE ${db.name} RESET ALL`);
  await using polls = await openPolls(db.url, job);
  expect(await polls.poll()).toMatchObject({ published: 20_000 });
});

it.skipIf(!canMount)('so is one whose disk is full, until it has room', async () => {
  await using disk = await mountedDisk('size=1m');
  await using db = await createPostgres();
  const [[data]] = (await db.rows('SHOW data_directory')) as [[string]];
  const { uid, gid } = statSync(data);
  chownSync(disk.path, uid, gid);
  await unindexed(db);
  const small = `small_${db.name}`;
  await db.run(`CREATE TABLESPACE ${small} LOCATION '${disk.path}'`);
  try {
    await db.run(`ALTER DATABASE ${db.name} SET temp_tablespaces = ${small}`);
    // The same process, as a run would be.
    await using polls = await openPolls(db.url, job);
    await expect(polls.poll()).rejects.toMatchObject({ ...retried, message: expect.stringContaining('No space left on device') });
    await disk.remount('size=64m');
    expect(await polls.poll()).toMatchObject({ published: 20_000 });
  } finally {
    await db.run(`ALTER DATABASE ${db.name} RESET temp_tablespaces`);
    await db.run(`DROP TABLESPACE ${small}`);
  }
});
