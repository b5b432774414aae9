import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rowsOf } from '../../../src/model/row.ts';
import type { ReadRequest } from '../../../src/query/request.ts';
import { openPostgres } from '../../../src/source/postgres/source.ts';
import type { SmallPage, Source } from '../../../src/source/source.ts';
import { sourceConfig } from '../../contract/source.ts';
import { createPostgres, type TestDatabase } from '../../support/databases.ts';

const never = new AbortController().signal;
const tables = 12;

describe('pages that are read together from PostgreSQL', () => {
  let db: TestDatabase;
  let client: pg.Client;
  let requests: readonly ReadRequest[];

  const open = (): Source => openPostgres(sourceConfig('postgres', db.url, {}));
  const requestOf = async (source: Source, table: string): Promise<ReadRequest> => {
    const relation = { kind: 'table', table: { schema: 'public', name: table } } as const;
    const { columns } = await source.describe(relation, never);
    const column = (name: string) => columns.filter((one) => one.name === name);
    return {
      relation,
      columns,
      where: null,
      cursor: column('updated_at'),
      key: column('id'),
      window: { kind: 'after', mark: ['2026-01-01 00:00:02+00', '2'], floor: 1_700_000_000_000_000n, tied: false },
      page: null,
      recentFrom: 1_800_000_000_000_000n,
      sample: null,
      limit: 250,
    };
  };
  const together = (source: Source, request: ReadRequest, signal = never): Promise<SmallPage | null | 'apart'> => {
    if (source.together === null) throw new Error('this source reads nothing together');
    return source.together(request, signal);
  };
  /** On a machine that is busy some may be read apart: asked again until none is but those that must be. */
  const askAll = async (source: Source, apart: readonly number[] = []): Promise<readonly (SmallPage | null | 'apart')[]> => {
    for (;;) {
      const pages = await Promise.all(requests.map((request) => together(source, request)));
      if (pages.every((page, at) => page !== 'apart' || apart.includes(at))) return pages;
    }
  };
  const idsOf = (page: SmallPage | null | 'apart'): readonly unknown[] | 'apart' => {
    if (page === null) return [];
    const batch = page === 'apart' ? page : page.rows();
    if (batch === 'apart') return batch;
    return batch === null ? [] : rowsOf(batch).map(({ values }) => values[0]);
  };
  const alone = async (source: Source, request: ReadRequest): Promise<readonly unknown[]> => {
    const ids: unknown[] = [];
    for await (const batch of source.read(request, never)) ids.push(...rowsOf(batch).map(({ values }) => values[0]));
    return ids;
  };
  beforeAll(async () => {
    db = await createPostgres();
    client = new pg.Client({ connectionString: db.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await db[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    for (let at = 0; at < tables; at += 1) {
      await client.query(
        `DROP TABLE IF EXISTS t${at}; CREATE TABLE t${at} (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL, name text)`,
      );
      await client.query(
        `INSERT INTO t${at} SELECT g * ${at + 1}, '2026-01-01T00:00:00Z'::timestamptz + g * interval '1 s', repeat('é', g) FROM generate_series(1, ${at % 5}) g`,
      );
    }
    await using source = open();
    requests = await Promise.all(Array.from({ length: tables }, (_, at) => requestOf(source, `t${at}`)));
  });

  it('are those that each would be by itself, however often', async () => {
    await using source = open();
    const expected = [];
    for (const request of requests) expected.push(await alone(source, request));
    for (let round = 0; round < 8; round += 1) {
      expect((await askAll(source)).map(idsOf)).toEqual(expected);
    }
  });

  it('follow the look-back of each poll', async () => {
    await using source = open();
    const request = requests[4] as ReadRequest;
    const from = (micros: bigint): ReadRequest => ({
      ...request,
      window: { kind: 'after', mark: ['2026-01-01 00:00:04+00', '20'], floor: micros, tied: false },
      recentFrom: micros + 1_000_000n,
    });
    const second = 1_000_000n;
    const first = BigInt(Date.parse('2026-01-01T00:00:01Z')) * 1000n;
    for (const floor of [first, first + second, first + 2n * second, first + 9n * second]) {
      let page = await together(source, from(floor));
      while (page === 'apart') page = await together(source, from(floor));
      const batch = page === null ? null : page.rows();
      const flags = batch === null ? [] : rowsOf(batch).map(({ values, recent, ahead }) => [values[0], recent, ahead]);
      const single: unknown[] = [];
      for await (const rows of source.read(from(floor), never)) {
        single.push(...rowsOf(rows).map(({ values, recent, ahead }) => [values[0], recent, ahead]));
      }
      expect(flags).toEqual(single);
    }
  });

  it('are each seen as they are when they are read, also when a table has changed since the last time', async () => {
    await using source = open();
    await askAll(source);
    await client.query("INSERT INTO t3 VALUES (1000, '2026-02-01T00:00:00Z', 'new')");
    // The statement that was prepared for it fits no more.
    await client.query('ALTER TABLE t5 ALTER COLUMN name TYPE varchar(40)');
    const pages = await askAll(source, [5]);
    expect(idsOf(pages[3] as SmallPage)).toContain('1000');
    expect((await askAll(source)).map(idsOf)[5]).toEqual([]);
  });

  it('fail one by one: a table that is gone is read apart, and the others together', async () => {
    await using source = open();
    await client.query('DROP TABLE t7');
    expect((await askAll(source, [7]))[7]).toBe('apart');
  });

  it('do not wait for a table that is locked, and leave no statement behind that waits for it', async () => {
    await using source = open();
    await client.query('BEGIN; LOCK TABLE t6 IN ACCESS EXCLUSIVE MODE');
    try {
      const behind = requests.map((_, at) => at).slice(6);
      expect((await askAll(source, behind))[6]).toBe('apart');
      for (let waiting = 1; waiting > 0; ) {
        const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM pg_locks WHERE NOT granted');
        waiting = Number(rows[0]?.n);
      }
    } finally {
      await client.query('ROLLBACK');
    }
    await expect(askAll(source)).resolves.not.toContain('apart');
  });

  it('are read apart when the connection is lost, and together again on another', async () => {
    await using source = open();
    await askAll(source);
    await client.query('BEGIN; LOCK TABLE t0 IN ACCESS EXCLUSIVE MODE');
    const asked = Promise.all(requests.map((request) => together(source, request)));
    let over = false;
    void asked.then(() => {
      over = true;
    });
    // On a machine that is busy they may be read apart before: then there is nothing to end.
    for (let ended = 0; ended === 0 && !over; ) {
      const { rows } = await client.query<{ n: string }>(
        "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'liberate' AND wait_event_type = 'Lock'",
      );
      ended = Number(rows[0]?.n);
    }
    expect(new Set(await asked)).toEqual(new Set(['apart']));
    await client.query('ROLLBACK');
    await expect(askAll(source)).resolves.not.toContain('apart');
  });

  it('are answered when the source is closed meanwhile', async () => {
    const source = open();
    await client.query('BEGIN; LOCK TABLE t0 IN ACCESS EXCLUSIVE MODE');
    try {
      const asked = Promise.all(requests.map((request) => together(source, request)));
      await source[Symbol.asyncDispose]();
      expect(new Set(await asked)).toEqual(new Set(['apart']));
    } finally {
      await client.query('ROLLBACK');
    }
  });

  it('are not given to a caller that was told to stop', async () => {
    await using source = open();
    await expect(together(source, requests[1] as ReadRequest, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});
