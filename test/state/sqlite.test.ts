import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import knex from 'knex';
import { describe, expect, it } from 'vitest';
import { applicationId, inspect } from '../../src/state/sqlite/inspect.ts';
import { openSqliteState } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { failure, fenceOf, never, type StatePlace, stateContract } from '../contract/state-store.ts';
import { openSqlite } from '../support/databases.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { canMount, mountedDisk } from './mounted-disk.ts';
import { stateOf } from './samples.ts';

const storeOn = (path: string): StateStore => openSqliteState({ kind: 'sqlite', url: path, user: null, password: null, tls: null });

async function sqlitePlace(): Promise<StatePlace> {
  const folder = await temporaryDirectory('liberate-state-');
  const path = join(folder.path, 'state.db');
  return {
    store: () => storeOn(path),
    run: async (sql) => {
      await using session = openSqlite(path);
      await session.run(sql);
    },
    rows: async (sql) => {
      await using session = openSqlite(path);
      return await session.rows(sql);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

stateContract({ kind: 'sqlite', create: sqlitePlace });

/** A file with one committed job, closed. */
async function filled(path: string): Promise<void> {
  await using store = storeOn(path);
  await store.open(never);
  await store.commit('orders', stateOf({ sent: { padding: 'x'.repeat(20_000) } }), await fenceOf(store, 'orders'));
}

async function refusal(path: string): Promise<{ readonly code: string; readonly message: string; readonly cure: string }> {
  await using store = storeOn(path);
  return await failure(store.open(never));
}

describe('the state file', () => {
  it('is made for its owner alone, in WAL mode and with our application id', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await filled(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await using session = openSqlite(path);
    expect(await session.rows('pragma journal_mode')).toEqual([['wal']]);
    expect((await readFile(path)).subarray(68, 72).toString()).toBe('libr');
  });

  it('is not taken for another program’s while another first start makes it', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await using other = openSqlite(path);
    await other.run('pragma journal_mode = wal');
    const db = knex({ client: 'better-sqlite3', connection: { filename: path }, useNullAsDefault: true });
    try {
      // As soon as the file has been looked at for the first time, and no sooner, all that a start makes is there at once.
      const made = new Promise<void>((resolve, reject) => {
        db.once('query-response', () => {
          other
            .run(`begin; pragma application_id = ${applicationId}; create table liberate_meta (magic text); commit`)
            .then(resolve, reject);
        });
      });
      await inspect(db, path);
      await made;
      await inspect(db, path);
    } finally {
      await db.destroy();
    }
  });

  it('may be there and be empty', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await writeFile(path, '');
    await filled(path);
    await using store = storeOn(path);
    await store.open(never);
    expect((await store.load('orders'))?.loaded).toBe(true);
  });

  it('is not made in a folder that is not there', async () => {
    await using folder = await temporaryDirectory();
    const refused = await refusal(join(folder.path, 'none', 'state.db'));
    expect(refused).toMatchObject({ code: 'LIB405' });
    expect(refused.message).toContain(join(folder.path, 'none'));
    expect(refused.cure).toContain('mkdir');
  });

  it('is not a folder', async () => {
    await using folder = await temporaryDirectory();
    await mkdir(join(folder.path, 'state.db'));
    expect(await refusal(join(folder.path, 'state.db'))).toMatchObject({ code: 'LIB405' });
    await writeFile(join(folder.path, 'file'), '');
    expect(await refusal(join(folder.path, 'file', 'state.db'))).toMatchObject({ code: 'LIB405' });
  });

  it('needs an absolute path', async () => {
    expect(await refusal('state.db')).toMatchObject({ code: 'LIB103' });
  });

  it('is refused as damaged when it is no database, and left alone', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    for (const text of ['x', 'not a database, '.repeat(1000)]) {
      await writeFile(path, text);
      expect(await refusal(path)).toMatchObject({ code: 'LIB402' });
      expect(await readFile(path, 'utf8')).toBe(text);
    }
  });

  it('is refused as damaged when it was cut off', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await filled(path);
    const { size } = await stat(path);
    for (const left of [size - 4096, 8192, 4096, 2000, 100]) {
      const cut = join(folder.path, `cut-${left}.db`);
      await writeFile(cut, (await readFile(path)).subarray(0, left));
      expect([left, (await refusal(cut)).code]).toEqual([left, 'LIB402']);
    }
  });

  it('never gives a wrong state, nor none, for a file with a flipped byte', { timeout: 60_000 }, async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await filled(path);
    const whole = await readFile(path);
    const right = stateOf({ sent: { padding: 'x'.repeat(20_000) } });
    const verdicts = new Set<string>();
    // A sample of all bytes, of which those that hold nothing may pass, and the job's name wherever it stands.
    const places = Array.from({ length: Math.ceil(whole.length / 499) }, (_, at) => at * 499);
    for (let at = 0; at < 120; at += 9) places.push(at);
    for (let at = whole.indexOf('orders'); at !== -1; at = whole.indexOf('orders', at + 1)) places.push(at, at + 3);
    for (const at of places) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] as number) ^ 0x04;
      const copy = join(folder.path, 'flipped.db');
      await writeFile(copy, flipped);
      await using store = storeOn(copy);
      const verdict = await store.open(never).then(
        async () =>
          await store.load('orders').then(
            (state) =>
              JSON.stringify(state) === JSON.stringify(right) ? 'right' : `wrong at ${at}: ${JSON.stringify(state).slice(0, 200)}`,
            (error: { readonly code?: string }) => `load ${error.code}`,
          ),
        (error: { readonly code?: string; readonly message: string }) => `open ${error.code}`,
      );
      verdicts.add(verdict);
    }
    expect(
      [...verdicts].filter(
        (verdict) => !['right', 'load LIB402', 'open LIB402', 'open LIB403', 'open LIB404', 'open LIB405'].includes(verdict),
      ),
    ).toEqual([]);
    expect(places.length).toBeGreaterThan(100);
    expect(verdicts).toContain('right');
    expect(verdicts).toContain('load LIB402');
    expect(verdicts).toContain('open LIB402');
  });

  it('of another program is refused, and not one byte of it changes', async () => {
    await using folder = await temporaryDirectory();
    const contents = { table: 'create table orders (id integer)', id: 'pragma application_id = 42', version: 'create view v as select 1' };
    for (const [name, sql] of Object.entries(contents)) {
      const path = join(folder.path, `${name}.db`);
      {
        await using session = openSqlite(path);
        await session.run(sql);
      }
      const before = await readFile(path);
      expect(await refusal(path)).toMatchObject({ code: 'LIB403' });
      expect(await readFile(path)).toEqual(before);
    }
  });

  it('is refused while another holds its lock, after five seconds and not before', { timeout: 20_000 }, async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await using store = storeOn(path);
    await store.open(never);
    const fence = await fenceOf(store, 'orders');
    await using session = openSqlite(path);
    await session.run('begin immediate');
    const began = performance.now();
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 50);
    const refused = await failure(store.commit('orders', stateOf(), fence));
    clearInterval(turning);
    expect(refused).toMatchObject({ code: 'LIB408', transient: true, place: { job: 'orders' } });
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(4900);
    expect(took).toBeLessThan(7000);
    // The rest of the process goes on meanwhile.
    expect(turns).toBeGreaterThan(40);
    await session.run('rollback');
    expect(await store.commit('orders', stateOf(), fence)).toBe('committed');
  });

  it('is waited for while another writes', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await using store = storeOn(path);
    await store.open(never);
    const fence = await fenceOf(store, 'orders');
    await using session = openSqlite(path);
    await session.run('begin immediate');
    const committing = store.commit('orders', stateOf(), fence);
    setTimeout(() => void session.run('rollback'), 300);
    expect(await committing).toBe('committed');
  });

  it.skipIf(!canMount)('cannot be written on a full disk, keeps what it has, and goes on once there is room', async () => {
    await using disk = await mountedDisk('size=1m');
    const path = join(disk.path, 'state.db');
    await filled(path);
    await using store = storeOn(path);
    await store.open(never);
    const fence = await fenceOf(store, 'orders');
    const kept = await store.load('orders');
    const refused = await failure(store.commit('orders', stateOf({ sent: { padding: 'y'.repeat(2_000_000) } }), fence));
    expect(refused).toMatchObject({ code: 'LIB405', place: { job: 'orders' } });
    expect(refused.cure).toContain('room');
    expect(await store.load('orders')).toEqual(kept);
    await disk.remount('size=16m');
    expect(await store.commit('orders', stateOf(), fence)).toBe('committed');
    expect(await store.load('orders')).toEqual(stateOf());
  });

  it.skipIf(!canMount)('is refused on a disk that is mounted for reading only', async () => {
    await using disk = await mountedDisk('size=1m');
    const path = join(disk.path, 'state.db');
    await filled(path);
    await disk.remount('ro');
    expect(await refusal(path)).toMatchObject({ code: 'LIB405' });
    expect(await refusal(join(disk.path, 'new.db'))).toMatchObject({ code: 'LIB405' });
  });

  // Root may write everything: there the case above stands in.
  it.skipIf(process.getuid?.() === 0)('is refused when this user may not write it or its folder', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await filled(path);
    await chmod(path, 0o400);
    expect(await refusal(path)).toMatchObject({ code: 'LIB405' });
    await chmod(path, 0o600);
    await chmod(folder.path, 0o500);
    expect(await refusal(path)).toMatchObject({ code: 'LIB405' });
    await chmod(folder.path, 0o700);
  });

  it('rolls back a transaction that a failed commit has left open', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await using store = storeOn(path);
    await store.open(never);
    const fence = await fenceOf(store, 'orders');
    await using session = openSqlite(path);
    // A foreign key that is checked at COMMIT makes that statement itself fail, with the transaction still open.
    await session.run(`
      create table parent (id integer primary key);
      create table child (parent integer references parent deferrable initially deferred);
      create trigger break after update of state on liberate_job begin insert into child values (1); end;
    `);
    expect((await failure(store.commit('orders', stateOf(), fence))).code).toBe('LIB901');
    await session.run('drop trigger break');
    expect(await store.load('orders')).toBeNull();
    expect(await store.commit('orders', stateOf(), fence)).toBe('committed');
  });
});
