import { rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiberateError } from '../../../src/kit/errors.ts';
import { FileHints } from '../../../src/source/sqlite/wake.ts';
import { openSqlite } from '../../support/databases.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

interface Watching extends AsyncDisposable {
  readonly hints: number;
  readonly troubles: readonly (LiberateError | null)[];
  /** Resolves once there was a hint after now that came by what is done. */
  hintedBy(work: () => Promise<void>): Promise<void>;
}

async function watching(path: string): Promise<Watching> {
  const source = new FileHints(path);
  const troubles: (LiberateError | null)[] = [];
  let hints = 0;
  source.watch({ kind: 'file' }, { hint: () => void (hints += 1), trouble: (error) => void troubles.push(error) });
  return {
    get hints() {
      return hints;
    },
    troubles,
    async hintedBy(work) {
      const before = hints;
      await work();
      await waitFor(() => hints > before, { what: 'a hint' });
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

describe('an SQLite file that is watched', () => {
  let path: string;
  const stack: AsyncDisposable[] = [];
  const use = <T extends AsyncDisposable>(one: T): T => {
    stack.push(one);
    return one;
  };
  const watch = async (at = path): Promise<Watching> => {
    const one = use(await watching(at));
    await waitFor(() => one.hints > 0, { what: 'the first hint' });
    return one;
  };

  beforeEach(async () => {
    path = join(use(await temporaryDirectory('liberate-wake-')).path, 'shop.db');
    await using database = openSqlite(path);
    await database.run('CREATE TABLE items (id INTEGER PRIMARY KEY)');
  });
  afterEach(async () => {
    for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });

  it.each(['wal', 'delete', 'truncate', 'persist'])('tells of each commit in journal mode %s', async (journal) => {
    const writer = use(openSqlite(path));
    await writer.run(`PRAGMA journal_mode = ${journal}`);
    const seen = await watch();
    for (let id = 1; id <= 20; id += 1) await seen.hintedBy(() => writer.run(`INSERT INTO items VALUES (${id})`));
    expect(seen.troubles).toEqual([]);
  });

  it('tells of a commit through a symbolic link, and of one by a writer that closes the file at once', async () => {
    const link = join(dirname(path), 'link.db');
    await symlink(path, link);
    const seen = await watch(link);
    await seen.hintedBy(async () => {
      await using writer = openSqlite(path);
      await writer.run('PRAGMA journal_mode = WAL; INSERT INTO items VALUES (1)');
    });
  });

  it('tells nothing of what is not committed, nor of other files beside it', async () => {
    const writer = use(openSqlite(path));
    await writer.run('PRAGMA journal_mode = WAL; INSERT INTO items VALUES (1)');
    const seen = await watch();
    const before = seen.hints;
    const other = use(openSqlite(join(dirname(path), 'other.db')));
    await other.run('CREATE TABLE a (b); INSERT INTO a VALUES (1)');
    // Past the cache of pages: they go to the WAL before the commit.
    await writer.run(`PRAGMA cache_size = 1; BEGIN;
      WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO items SELECT i FROM n`);
    // Nothing is to come: only time can show that.
    await pause(300);
    expect(seen.hints).toBe(before);
    await seen.hintedBy(() => writer.run('COMMIT'));
  });

  it('tells of a file that takes the place of another, and goes on with that one', async () => {
    const seen = await watch();
    const next = join(dirname(path), 'next.db');
    {
      await using made = openSqlite(next);
      await made.run('CREATE TABLE items (id INTEGER PRIMARY KEY)');
    }
    await seen.hintedBy(() => rename(next, path));
    const writer = use(openSqlite(path));
    for (let id = 1; id <= 3; id += 1) await seen.hintedBy(() => writer.run(`INSERT INTO items VALUES (${id})`));
  });

  it('says once that there is no file, and comes to itself when it is there', async () => {
    await rm(path);
    const seen = use(await watching(path));
    await waitFor(() => seen.troubles.length > 0, { what: 'the trouble' });
    expect(seen.troubles).toMatchObject([{ code: 'LIB201', message: expect.stringContaining('there is no such file') }]);
    await seen.hintedBy(async () => {
      await using database = openSqlite(path);
      await database.run('CREATE TABLE items (id INTEGER PRIMARY KEY)');
    });
    expect(seen.troubles.slice(1)).toEqual([null]);
  });

  it('hints each newcomer, and stops with the last that leaves', async () => {
    const source = use(new FileHints(path));
    const hints = [0, 0];
    const watches = hints.map((_, at) =>
      source.watch({ kind: 'file' }, { hint: () => void (hints[at] = (hints[at] ?? 0) + 1), trouble: (error) => expect(error).toBeNull() }),
    );
    await waitFor(() => hints.every((count) => count > 0));
    for (const one of watches) await one[Symbol.asyncDispose]();
    const before = [...hints];
    const writer = use(openSqlite(path));
    await writer.run('INSERT INTO items VALUES (1)');
    await pause(100);
    expect(hints).toEqual(before);
  });
});
