import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { unprivilegedAccount } from '../../servers/account.ts';
import { startMariadb } from '../../servers/mariadb.ts';
import { canMount, mountedDisk } from '../../state/mounted-disk.ts';
import { createMariadb } from '../../support/databases.ts';
import { openPolls } from '../../support/quiet-poll.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const retried = { code: 'LIB210', transient: true, cure: expect.stringMatching(/disk.*index on \(cursor, key\)/) };
const rows = 20_000;

/** Two ways in which a statement needs room on the disk of temporary files: to sort, and to hold what a query groups. */
const jobs = {
  'a table without an index': { table: 't', cursor: 'at' },
  'a query that groups': { query: 'SELECT id, max(at) AS at, max(body) AS body FROM t GROUP BY id, body', key: 'id', cursor: 'at' },
};

it.skipIf(!canMount).for(Object.entries(jobs))(
  'a server whose disk of temporary files is full is tried again, with the disk and the index as the cure, until it has room: %s',
  async ([, job]) => {
    await using directory = await temporaryDirectory('liberate-full-');
    await using disk = await mountedDisk('size=256m');
    const account = await unprivilegedAccount(['mysql', 'nobody']);
    const folder = join(disk.path, 'tmp');
    mkdirSync(folder);
    if (account !== null) chownSync(folder, account.uid, account.gid);
    await using server = await startMariadb(directory.path, {
      settings: { tmpdir: folder, tmp_table_size: '16K', sort_buffer_size: '32K', max_heap_table_size: '16K' },
    });
    await using db = await createMariadb(server.facts);
    // Its own copy of what it writes for the log lies there, too.
    await db.run(`SET sql_log_bin = 0; CREATE TABLE t (id bigint PRIMARY KEY, at datetime(6) NOT NULL, body varchar(500) NOT NULL) ENGINE = InnoDB;
      INSERT INTO t SELECT seq, NOW(6) - INTERVAL seq SECOND, REPEAT('x', 500) FROM seq_1_to_${rows}; ANALYZE TABLE t`);
    await disk.remount('size=256k');
    // The same process, as a run would be.
    await using polls = await openPolls(db.url, { ...job, initial: 'bulk', batch: rows });
    await expect(polls.poll()).rejects.toMatchObject({ ...retried, message: expect.stringContaining('28') });
    await disk.remount('size=256m');
    expect(await polls.poll()).toMatchObject({ published: rows });
  },
);
