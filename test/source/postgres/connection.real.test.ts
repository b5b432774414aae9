import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LiberateError } from '../../../src/kit/errors.ts';
import type { ReadRequest } from '../../../src/query/request.ts';
import { openPostgres } from '../../../src/source/postgres/source.ts';
import type { Source } from '../../../src/source/source.ts';
import type { SourceConfig } from '../../../src/source/source-config.ts';
import { sourceConfig } from '../../contract/source.ts';
import { createPostgres, type TestDatabase } from '../../support/databases.ts';
import { freePort } from '../../support/free-port.ts';

const never = new AbortController().signal;

async function refusal(work: Promise<unknown>): Promise<LiberateError> {
  const thrown = await work.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  if (thrown instanceof LiberateError) return thrown;
  throw thrown;
}

describe('connections to PostgreSQL', () => {
  let db: TestDatabase;
  const open = (overrides: Partial<SourceConfig> = {}, url = db.url): Source => openPostgres(sourceConfig('postgres', url, overrides));
  const rowsOf = async (source: Source, text: string): Promise<ReadRequest> => {
    const relation = { kind: 'query', text } as const;
    const { columns } = await source.describe(relation, never);
    return {
      relation,
      columns,
      where: null,
      cursor: [],
      key: columns.slice(0, 1),
      window: { kind: 'all' },
      page: null,
      recentFrom: null,
      sample: null,
      limit: null,
    };
  };
  const valuesOf = async (source: Source, text: string): Promise<readonly unknown[]> => {
    for await (const batch of source.read(await rowsOf(source, text), never)) return batch.values(0);
    return [];
  };

  beforeAll(async () => {
    db = await createPostgres();
  });
  afterAll(() => db[Symbol.asyncDispose]());

  it('are not made before the first call', async () => {
    await using source = open({}, `postgres://u:p@127.0.0.1:${await freePort()}/none`);
    expect(source.kind).toBe('postgres');
  });

  it('tell a server that is not there from one that refuses the login, and never print the password', async () => {
    await using absent = open({}, `postgres://u:hunter22@127.0.0.1:${await freePort()}/none`);
    expect((await refusal(absent.check(never))).code).toBe('LIB201');
    await using unknown = open({}, 'postgres://u:p@no-such-host.invalid/none');
    expect((await refusal(unknown.check(never))).code).toBe('LIB201');
    await using wrong = open({ password: 'hunter22' });
    const error = await refusal(wrong.check(never));
    expect(error.code).toBe('LIB202');
    expect(error.message).not.toContain('hunter22');
    const missing = new URL(db.url);
    missing.pathname = '/no_such_database';
    await using elsewhere = open({}, missing.href);
    expect((await refusal(elsewhere.check(never))).code).toBe('LIB202');
  });

  it('keep print forms and zone whatever the session statements say, and heed those that may be changed', async () => {
    const session = [
      "SET DateStyle = 'German'",
      "SET TimeZone = 'Asia/Tokyo'",
      "SET bytea_output = 'escape'",
      'SET extra_float_digits = -3',
      "SET work_mem = '9MB'",
    ];
    await using source = open({ session });
    const text = `SELECT 1 AS id, timestamptz '2026-01-01 10:00:00+00' AS stamp, date '2026-01-31' AS day, '\\x00'::bytea AS b,
      0.1::float8 + 0.2::float8 AS f, current_setting('work_mem') AS m, current_setting('application_name') AS a`;
    expect(await valuesOf(source, text)).toEqual([
      '1',
      '2026-01-01T10:00:00Z',
      '2026-01-31',
      Buffer.from([0]),
      '0.30000000000000004',
      '9MB',
      'liberate',
    ]);
  });

  it('say which session statement is refused', async () => {
    await using source = open({ session: ['SET no_such_setting = 1'] });
    const error = await refusal(source.check(never));
    expect(error.code).toBe('LIB207');
    expect(error.message).toContain('no_such_setting');
  });

  it('cannot write', async () => {
    await db.run("CREATE SEQUENCE written; CREATE FUNCTION sneaky() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('written') $$");
    await using source = open();
    const error = await refusal(valuesOf(source, 'SELECT sneaky() AS id'));
    expect(error.code).toBe('LIB207');
    expect(error.message).toContain('read-only');
  });

  it('tell a lost connection, and are made anew', async () => {
    await using source = open({ pool: 1 });
    const request = await rowsOf(source, "SELECT n, repeat('x', 1000) AS pad FROM generate_series(1, 50000) n");
    const reading = async (): Promise<void> => {
      for await (const _ of source.read(request, never)) {
        await db.run(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'liberate'",
        );
      }
    };
    expect((await refusal(reading())).code).toBe('LIB210');
    let rows = 0;
    for await (const batch of source.read(request, never)) rows += batch.count;
    expect(rows).toBe(50_000);
  });

  it('are not waited for when the caller is told to stop', async () => {
    await using source = open({ pool: 1 });
    const request = await rowsOf(source, 'SELECT generate_series(1, 5000) AS n');
    const stop = new AbortController();
    const reason = new Error('stopped by the test');
    for await (const _ of source.read(request, never)) {
      const waiting = source.check(stop.signal);
      stop.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      break;
    }
    expect((await source.check(never)).version).toMatch(/PostgreSQL/);
  });

  it('are encrypted and verified with the CA that is given, and refused without it', async (context) => {
    const { caFile } = inject('servers').postgres;
    if (caFile === null) return context.skip('the CA of the server is not known');
    const tls = { ca: readFileSync(caFile, 'utf8'), cert: null, key: null, servername: null, verify: true };
    const encrypted = 'SELECT ssl::text AS id FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    await using trusted = open({ tls });
    expect(await valuesOf(trusted, encrypted)).toEqual(['true']);
    await using plain = open();
    expect(await valuesOf(plain, encrypted)).toEqual(['false']);
    await using named = open({ tls: { ...tls, servername: 'another.example' } });
    expect((await refusal(named.check(never))).code).toBe('LIB201');
    await using untrusted = open({ tls: { ...tls, ca: null } });
    const error = await refusal(untrusted.check(never));
    expect(error.code).toBe('LIB201');
    expect(error.cure).toContain('tls: {ca: …}');
  });
});
