import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPostgres } from '../../../src/source/postgres/source.ts';
import type { Source } from '../../../src/source/source.ts';
import { sourceConfig } from '../../contract/source.ts';
import { createPostgres, createPostgresRole, openPostgres as openSession, type TestDatabase } from '../../support/databases.ts';
import { waitFor } from '../../support/wait-for.ts';

const never = new AbortController().signal;
const second = 1_000_000n;

describe('the horizon of PostgreSQL', () => {
  let db: TestDatabase;
  const open = (url = db.url): Source => openPostgres(sourceConfig('postgres', url, { pool: 3 }));
  /** When the transaction of the only other session of that application began, as the server says. */
  const began = async (application: string): Promise<bigint> => {
    const [row] = await db.rows(
      `SELECT (extract(epoch FROM xact_start) * 1000000)::bigint FROM pg_stat_activity WHERE datname = current_database() AND application_name = '${application}' AND xact_start IS NOT NULL`,
    );
    return BigInt(row?.[0] ?? 0);
  };

  beforeAll(async () => {
    db = await createPostgres();
    await db.run('CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 5000)');
  });
  afterAll(() => db[Symbol.asyncDispose]());

  it('stands a second behind the oldest open transaction, idle or not, one that has only read or none', async () => {
    await using source = open();
    expect((await source.check(never)).remarks.filter((remark) => remark.includes('pg_read_all_stats'))).toEqual([]);
    const quiet = await source.horizon(null, never);
    expect(quiet.method).toBe('oldest open transaction');
    expect(quiet.now - quiet.floor).toBeGreaterThanOrEqual(second);
    expect(quiet.now - quiet.floor).toBeLessThan(2n * second);
    await using writer = await db.connect();
    await writer.run("SET application_name = 'idle reader'; BEGIN; SELECT 1");
    const held = await source.horizon(null, never);
    expect(held.floor).toBe((await began('idle reader')) - second);
    await writer.run('ROLLBACK');
    expect((await source.horizon(null, never)).floor).toBeGreaterThan(held.floor);
  });

  it('is not held back by a long read of liberate itself, but by any other login under its name', async () => {
    await using source = open();
    const { columns } = await source.describe({ kind: 'table', table: { schema: null, name: 't' } }, never);
    const request = {
      relation: { kind: 'table', table: { schema: null, name: 't' } },
      columns,
      where: null,
      cursor: [],
      key: columns,
      window: { kind: 'all' },
      page: null,
      recentFrom: null,
      sample: null,
      limit: null,
    } as const;
    for await (const _ of source.read(request, never)) {
      const start = await began('liberate');
      expect(start).toBeGreaterThan(0n);
      const later = await waitFor(async () => {
        const horizon = await source.horizon(null, never);
        return horizon.now > start + 2n * second ? horizon : null;
      });
      expect(later.floor).toBeGreaterThan(start);
      break;
    }
    await using login = await createPostgresRole(db, { grants: [] });
    await using other = await openSession(login.url);
    await other.run("SET application_name = 'liberate'; BEGIN; SELECT 1");
    const held = await source.horizon(null, never);
    expect(held.floor).toBe((await began('liberate')) - second);
  });

  it("assumes a minute for a login that cannot see others' transactions, and says what would raise it", async () => {
    await using blind = await createPostgresRole(db, { grants: ['SELECT ON ALL TABLES IN SCHEMA public'] });
    await using source = open(blind.url);
    const { remarks } = await source.check(never);
    expect(remarks.some((remark) => remark.includes(`GRANT pg_read_all_stats TO ${blind.user}`))).toBe(true);
    const horizon = await source.horizon(null, never);
    expect(horizon.method).toBe('lookback 1m, other sessions are hidden');
    expect(horizon.now - horizon.floor).toBe(60n * second);
    const short = await source.horizon(10_000, never);
    expect(short.now - short.floor).toBe(10n * second);
  });

  it('sees them with pg_read_all_stats', async () => {
    await using seeing = await createPostgresRole(db, { grants: ['pg_read_all_stats'] });
    await using source = open(seeing.url);
    await using writer = await db.connect();
    await writer.run("SET application_name = 'writer'; BEGIN; SELECT 1");
    const horizon = await source.horizon(null, never);
    expect(horizon).toMatchObject({ method: 'oldest open transaction', floor: (await began('writer')) - second });
  });

  it('assumes a minute while a session hides its transactions', async () => {
    await using source = open();
    await using hiding = await db.connect();
    await hiding.run('SET track_activities = off; BEGIN; SELECT 1');
    expect((await source.horizon(null, never)).method).toBe('lookback 1m, other sessions are hidden');
  });

  it('reaches behind a prepared transaction, which no session shows', async (context) => {
    const [row] = await db.rows("SELECT current_setting('max_prepared_transactions')");
    if (row?.[0] === '0') context.skip('the server allows no prepared transactions');
    await using source = open();
    await using writer = await db.connect();
    await writer.run("BEGIN; INSERT INTO t VALUES (-1); PREPARE TRANSACTION 'horizon test'");
    const [prepared] = await db.rows(
      "SELECT (extract(epoch FROM prepared) * 1000000)::bigint FROM pg_prepared_xacts WHERE gid = 'horizon test'",
    );
    const horizon = await source.horizon(null, never);
    await writer.run("ROLLBACK PREPARED 'horizon test'");
    expect(horizon).toMatchObject({
      method: 'oldest prepared transaction and 1m before it',
      floor: BigInt(prepared?.[0] ?? 0) - 60n * second,
    });
    expect((await source.horizon(null, never)).method).toBe('oldest open transaction');
  });

  it('tells since when the eldest session is connected, and to a login that must not know that it may be there for ever', async () => {
    await using source = open();
    const { eldest = 0n, now } = await source.horizon(null, never);
    const [row] = await db.rows(
      "SELECT (extract(epoch FROM min(backend_start)) * 1000000)::bigint FROM pg_stat_activity WHERE datname = current_database() AND application_name <> 'liberate'",
    );
    expect(eldest).toBe(BigInt(row?.[0] ?? 0));
    expect(eldest).toBeLessThan(now);
    await using login = await createPostgresRole(db, { grants: ['SELECT ON ALL TABLES IN SCHEMA public'] });
    await using blind = open(login.url);
    expect((await blind.horizon(null, never)).eldest).toBe(0n);
  });
});
