import { readFile } from 'node:fs/promises';
import { describe, expect, inject, it } from 'vitest';
import { openMysqlState } from '../../src/state/mysql/store.ts';
import { failure, fenceOf, never, stateContract } from '../contract/state-store.ts';
import { createMariadb, createMariadbUser, type TestDatabase } from '../support/databases.ts';
import { freePort } from '../support/free-port.ts';
import { configOf, placeOn } from './place.ts';
import { stateOf } from './samples.ts';

const create = () => placeOn(() => createMariadb(), 'mysql', openMysqlState);

stateContract({ kind: 'mysql', create });

const config = (url: string) => configOf('mysql', url);

async function codeOn(url: string): Promise<string> {
  await using store = openMysqlState(config(url));
  return (await failure(store.open(never))).code;
}

/** Makes the tables as their owner. */
async function made(database: TestDatabase): Promise<void> {
  await using store = openMysqlState(config(database.url));
  await store.open(never);
}

describe('a state in MySQL or MariaDB', () => {
  it('is compared by its bytes, in InnoDB, whatever the database is set to', async () => {
    await using database = await createMariadb();
    await database.run(`alter database ${database.name} character set latin1`);
    await made(database);
    expect(
      await database.rows(`select distinct engine, table_collation from information_schema.tables where table_schema = database()`),
    ).toEqual([['InnoDB', 'utf8mb4_bin']]);
  });

  it('is finished when its making was cut off between two tables', async () => {
    await using database = await createMariadb();
    await made(database);
    await database.run('drop table liberate_lease; update liberate_meta set version = 0');
    await made(database);
    await database.run('drop table liberate_lease; drop table liberate_job; delete from liberate_meta');
    await made(database);
    await using store = openMysqlState(config(database.url));
    await store.open(never);
    expect(await store.commit('orders', stateOf(), await fenceOf(store, 'orders'))).toBe('committed');
    expect(await database.rows('select magic, version from liberate_meta')).toEqual([['liberate state', '4']]);
  });

  it('tells what a user lacks at the opening, not at the first commit', async () => {
    await using database = await createMariadb();
    const tables = `${database.name}.*`;
    {
      await using user = await createMariadbUser(database, { grants: [`SELECT ON ${tables}`] });
      expect(await codeOn(user.url)).toBe('LIB405');
    }
    await made(database);
    {
      await using user = await createMariadbUser(database, { grants: [`SELECT ON ${tables}`] });
      expect(await codeOn(user.url)).toBe('LIB405');
    }
    await using user = await createMariadbUser(database, { grants: [`SELECT, INSERT, UPDATE ON ${tables}`] });
    await using store = openMysqlState(config(user.url));
    await store.open(never);
    expect(await store.commit('orders', stateOf(), await fenceOf(store, 'orders'))).toBe('committed');
  });

  it('is reached through TLS, and only by a server whose certificate is right', async ({ skip }) => {
    const { caFile } = inject('servers').mariadb;
    if (caFile === null) return skip('the server is not ours: its CA is not known');
    await using database = await createMariadb();
    const tls = { ca: await readFile(caFile, 'utf8'), cert: null, key: null, servername: null, verify: true };
    await using store = openMysqlState({ ...config(database.url), tls });
    await store.open(never);
    expect(await store.commit('orders', stateOf(), await fenceOf(store, 'orders'))).toBe('committed');
    await using doubtful = openMysqlState({ ...config(database.url), tls: { ...tls, ca: null } });
    expect((await failure(doubtful.open(never))).code).toBe('LIB401');
    await using named = openMysqlState({ ...config(database.url), tls: { ...tls, servername: 'localhost' } });
    await named.open(never);
    await using misnamed = openMysqlState({ ...config(database.url), tls: { ...tls, servername: 'elsewhere.example' } });
    expect((await failure(misnamed.open(never))).code).toBe('LIB401');
  });

  it('tells a refused login from a server that is away', async () => {
    await using database = await createMariadb();
    const wrong = new URL(database.url);
    wrong.password = 'wrong-secret';
    await using store = openMysqlState(config(wrong.href));
    const refused = await failure(store.open(never));
    expect(refused.code).toBe('LIB409');
    expect(JSON.stringify([refused.message, refused.cause, refused.stack])).not.toContain('wrong-secret');
    expect(await codeOn(`${database.url}_not_there`)).toBe('LIB409');
    expect(await codeOn(new URL('/', database.url).href)).toBe('LIB103');
    const away = new URL(database.url);
    away.port = String(await freePort());
    expect(await codeOn(away.href)).toBe('LIB401');
  });

  it('waits five seconds for a lease that another transaction has locked, then says so', async () => {
    await using database = await createMariadb();
    await using store = openMysqlState(config(database.url));
    await store.open(never);
    const fence = await fenceOf(store, 'orders');
    await database.run(`begin; select * from liberate_lease where job = 'orders' for update`);
    const began = performance.now();
    expect(await failure(store.commit('orders', stateOf(), fence))).toMatchObject({ code: 'LIB408', place: { job: 'orders' } });
    expect(performance.now() - began).toBeGreaterThan(4900);
    await database.run('rollback');
    expect(await store.commit('orders', stateOf(), fence)).toBe('committed');
  });

  it('says that a state is too large for the server, and keeps the one before', { timeout: 120_000 }, async () => {
    await using database = await createMariadb();
    await using store = openMysqlState(config(database.url));
    await store.open(never);
    const fence = await fenceOf(store, 'orders');
    await store.commit('orders', stateOf(), fence);
    const [row] = await database.rows('select @@max_allowed_packet');
    const large = stateOf({ sent: { padding: 'x'.repeat(Number(row?.[0]) + 1) } });
    const refused = await failure(store.commit('orders', large, fence));
    expect(refused.message.length).toBeLessThan(1000);
    expect(['LIB405', 'LIB401']).toContain(refused.code);
    expect(await store.load('orders')).toEqual(stateOf());
    expect(await store.commit('orders', stateOf({ mark: ['18'] }), fence)).toBe('committed');
  });

  it('goes on after its connections were cut', async () => {
    await using database = await createMariadb();
    await using store = openMysqlState(config(database.url));
    await store.open(never);
    const fence = await fenceOf(store, 'orders');
    const open = await database.rows(`select id from information_schema.processlist where db = database() and id <> connection_id()`);
    for (const [id] of open) await database.run(`kill ${id}`);
    // Each of the two connections may have to be met before its cut is noticed.
    const verdicts: string[] = [];
    while (verdicts.at(-1) !== 'committed' && verdicts.length < 4) {
      verdicts.push(await store.commit('orders', stateOf(), fence).catch((error: { readonly code: string }) => error.code));
    }
    expect(verdicts.slice(0, -1).filter((verdict) => verdict !== 'LIB401')).toEqual([]);
    expect(verdicts.slice(0, 3)).toContain('committed');
    expect(await store.load('orders')).toEqual(stateOf());
  });
});
