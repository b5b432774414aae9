import { readFile } from 'node:fs/promises';
import { describe, expect, inject, it } from 'vitest';
import { openPostgresState } from '../../src/state/postgres/store.ts';
import { failure, fenceOf, never, stateContract } from '../contract/state-store.ts';
import { createPostgres, createPostgresRole, type TestDatabase } from '../support/databases.ts';
import { freePort } from '../support/free-port.ts';
import { configOf, placeOn } from './place.ts';
import { stateOf } from './samples.ts';

const create = () => placeOn(() => createPostgres(), 'postgres', openPostgresState);

stateContract({ kind: 'postgres', create });

const config = (url: string) => configOf('postgres', url);

async function codeOn(url: string): Promise<string> {
  await using store = openPostgresState(config(url));
  return (await failure(store.open(never))).code;
}

/** Makes the tables as their owner. */
async function made(database: TestDatabase): Promise<void> {
  await using store = openPostgresState(config(database.url));
  await store.open(never);
}

describe('a state in PostgreSQL', () => {
  it('lies in the schema that the URL names', async () => {
    await using database = await createPostgres();
    await database.run('create schema "Our State"');
    await using store = openPostgresState(config(`${database.url}?schema=Our%20State`));
    await store.open(never);
    await store.commit('orders', stateOf(), await fenceOf(store, 'orders'));
    expect(
      await database.rows(`select table_schema, table_name from information_schema.tables where table_name like 'liberate%' order by 2`),
    ).toEqual([
      ['Our State', 'liberate_backfill'],
      ['Our State', 'liberate_job'],
      ['Our State', 'liberate_lease'],
      ['Our State', 'liberate_meta'],
      ['Our State', 'liberate_published'],
      ['Our State', 'liberate_published_head'],
      ['Our State', 'liberate_request'],
    ]);
    // Another schema of the same database is another state.
    await using other = openPostgresState(config(database.url));
    await other.open(never);
    expect(await other.list()).toEqual([]);
  });

  it('is refused in a schema that is not there, and makes none', async () => {
    await using database = await createPostgres();
    expect(await codeOn(`${database.url}?schema=none`)).toBe('LIB405');
  });

  it('refuses a parameter of the URL that it would ignore', async () => {
    await using database = await createPostgres();
    expect(await codeOn(`${database.url}?sslmode=require`)).toBe('LIB103');
  });

  it('leaves the other tables of the schema alone', async () => {
    await using database = await createPostgres();
    await database.run('create table orders (id int)');
    await made(database);
    expect(await database.rows('select * from orders')).toEqual([]);
  });

  it('tells what a user lacks at the opening, not at the first commit', async () => {
    await using database = await createPostgres();
    {
      await using role = await createPostgresRole(database, { grants: ['USAGE ON SCHEMA public'] });
      expect(await codeOn(role.url)).toBe('LIB405');
    }
    await made(database);
    {
      await using role = await createPostgresRole(database, { grants: ['SELECT ON ALL TABLES IN SCHEMA public'] });
      expect(await codeOn(role.url)).toBe('LIB405');
    }
    await using role = await createPostgresRole(database, { grants: ['SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public'] });
    await using store = openPostgresState(config(role.url));
    await store.open(never);
    expect(await store.commit('orders', stateOf(), await fenceOf(store, 'orders'))).toBe('committed');
  });

  it('is refused on a server that only reads', async () => {
    await using database = await createPostgres();
    await made(database);
    await using role = await createPostgresRole(database, { grants: ['ALL ON ALL TABLES IN SCHEMA public'] });
    await database.run(`alter role ${role.user} set default_transaction_read_only = on`);
    expect(await codeOn(role.url)).toBe('LIB405');
  });

  it('is reached through TLS, and only by a server whose certificate is right', async ({ skip }) => {
    const { caFile } = inject('servers').postgres;
    if (caFile === null) return skip('the server is not ours: its CA is not known');
    await using database = await createPostgres();
    const tls = { ca: await readFile(caFile, 'utf8'), cert: null, key: null, servername: null, verify: true };
    await using store = openPostgresState({ ...config(database.url), tls });
    await store.open(never);
    expect(
      await database.rows(
        `select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'liberate state' and datname = current_database()`,
      ),
    ).toEqual([['t']]);
    await using doubtful = openPostgresState({ ...config(database.url), tls: { ...tls, ca: null } });
    expect((await failure(doubtful.open(never))).code).toBe('LIB401');
    await using named = openPostgresState({ ...config(database.url), tls: { ...tls, servername: 'localhost' } });
    await named.open(never);
    await using misnamed = openPostgresState({ ...config(database.url), tls: { ...tls, servername: 'elsewhere.example' } });
    expect((await failure(misnamed.open(never))).code).toBe('LIB401');
  });

  it('tells a refused login from a server that is away', async () => {
    await using database = await createPostgres();
    const wrong = new URL(database.url);
    wrong.password = 'wrong-secret';
    await using store = openPostgresState(config(wrong.href));
    const refused = await failure(store.open(never));
    expect(refused.code).toBe('LIB409');
    expect(JSON.stringify([refused.message, refused.cause, refused.stack])).not.toContain('wrong-secret');
    expect(await codeOn(`${database.url}_not_there`)).toBe('LIB409');
    const away = new URL(database.url);
    away.port = String(await freePort());
    expect(await codeOn(away.href)).toBe('LIB401');
  });

  it('waits five seconds for a lease that another transaction has locked, then says so', async () => {
    await using database = await createPostgres();
    await using store = openPostgresState(config(database.url));
    await store.open(never);
    const fence = await fenceOf(store, 'orders');
    await database.run(`begin; select * from liberate_lease where job = 'orders' for update`);
    const began = performance.now();
    expect(await failure(store.commit('orders', stateOf(), fence))).toMatchObject({ code: 'LIB408', place: { job: 'orders' } });
    expect(performance.now() - began).toBeGreaterThan(4900);
    await database.run('rollback');
    expect(await store.commit('orders', stateOf(), fence)).toBe('committed');
  });

  it('goes on after its connections were cut', async () => {
    await using database = await createPostgres();
    await using store = openPostgresState(config(database.url));
    await store.open(never);
    const fence = await fenceOf(store, 'orders');
    await database.run(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    // Each of the two connections may have to be met before its cut is noticed.
    const verdicts: string[] = [];
    while (verdicts.at(-1) !== 'committed' && verdicts.length < 4) {
      verdicts.push(await store.commit('orders', stateOf(), fence).catch((error: { readonly code: string }) => error.code));
    }
    expect(verdicts.slice(0, -1).filter((verdict) => verdict !== 'LIB401')).toEqual([]);
    expect(verdicts.slice(0, 3)).toContain('committed');
    expect(await store.load('orders')).toEqual(stateOf());
  });

  it('never takes more than two connections', async () => {
    await using database = await createPostgres();
    await using store = openPostgresState(config(database.url));
    await store.open(never);
    await Promise.all(Array.from({ length: 20 }, (_, at) => fenceOf(store, `job ${at}`)));
    const [row] = await database.rows(
      `select count(*) from pg_stat_activity where datname = current_database() and application_name = 'liberate state'`,
    );
    // One where all were served before a second stood.
    expect(['1', '2']).toContain(row?.[0]);
  });
});
