import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../../../src/model/column.ts';
import { rowsOf as every, type Row } from '../../../src/model/row.ts';
import { planRead } from '../../../src/query/plan.ts';
import type { ReadRequest } from '../../../src/query/request.ts';
import { bindText, flavourOf } from '../../../src/source/postgres/flavour.ts';
import { openPostgres } from '../../../src/source/postgres/source.ts';
import type { Source } from '../../../src/source/source.ts';
import type { SourceConfig } from '../../../src/source/source-config.ts';
import { micros, sourceConfig } from '../../contract/source.ts';
import { createPostgres, type TestDatabase } from '../../support/databases.ts';

const never = new AbortController().signal;

describe('reading PostgreSQL', () => {
  let db: TestDatabase;
  const open = (overrides: Partial<SourceConfig> = {}): Source => openPostgres(sourceConfig('postgres', db.url, overrides));
  const requestOf = async (source: Source, name: string, cursor: readonly string[]): Promise<ReadRequest> => {
    const relation = { kind: 'table', table: { schema: null, name } } as const;
    const { columns } = await source.describe(relation, never);
    const named = (one: string): Column => columns.find((column) => column.name === one) as Column;
    return {
      relation,
      columns,
      where: null,
      cursor: cursor.map(named),
      key: [named('id')],
      window: { kind: 'all' },
      page: null,
      recentFrom: null,
      sample: null,
      limit: null,
    };
  };
  const rowsOf = async (source: Source, request: ReadRequest): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    for await (const batch of source.read(request, never)) rows.push(...every(batch));
    return rows;
  };
  const ids = (rows: readonly Row[]): readonly unknown[] => rows.map(({ values }) => values[0]);

  beforeAll(async () => {
    db = await createPostgres();
  });
  afterAll(() => db[Symbol.asyncDispose]());

  it('reads a small page in one statement, prepared once, and goes on when a column has got another type since', async () => {
    await db.run("CREATE TABLE again (id bigint PRIMARY KEY, note text, day date); INSERT INTO again VALUES (1, 'a', '2026-01-01')");
    await using source = open({ pool: 1 });
    const mark = ['0'];
    const small = { ...(await requestOf(source, 'again', [])), key: [], limit: 10 };
    const polling: ReadRequest = { ...small, cursor: small.columns.slice(0, 1), window: { kind: 'gaps', mark, gaps: [] } };
    const read = (): Promise<readonly Row[]> => rowsOf(source, polling);
    const found = ['1', 'a', '2026-01-01'];
    for (let times = 0; times < 7; times += 1) expect((await read())[0]?.values).toEqual(found);
    await db.run('ALTER TABLE again ALTER note TYPE varchar(40), ALTER day TYPE text');
    expect((await read())[0]?.values).toEqual(found);
    expect((await read())[0]?.values).toEqual(found);
  });

  it('compares instants with stamps without zone in the zone that is configured, or the one of the server', async () => {
    await db.run(`ALTER DATABASE ${db.name} SET TimeZone = 'Europe/Berlin'`);
    await db.run(
      "CREATE TABLE local (id bigint PRIMARY KEY, stamp timestamp NOT NULL); INSERT INTO local VALUES (1, '2026-07-01 11:59:59.999999'), (2, '2026-07-01 12:00:00')",
    );
    const recentFrom = micros('2026-07-01T10:00:00.000000Z');
    const flags = async (source: Source): Promise<readonly boolean[]> =>
      (await rowsOf(source, { ...(await requestOf(source, 'local', ['stamp'])), recentFrom })).map(({ recent }) => recent);
    await using server = open({ timezone: null });
    expect(await flags(server)).toEqual([false, true]);
    await using berlin = open({ timezone: 'Europe/Berlin' });
    expect(await flags(berlin)).toEqual([false, true]);
    await using utc = open({ timezone: 'UTC' });
    expect(await flags(utc)).toEqual([true, true]);
  });

  it('meets what is written in the hour that a clock set back repeats', async () => {
    // At 2026-10-25 01:00Z Berlin goes from 03:00 back to 02:00.
    await db.run(
      "CREATE TABLE autumn (id bigint PRIMARY KEY, stamp timestamp NOT NULL); INSERT INTO autumn VALUES (1, '2026-10-25 02:59:00'), (2, '2026-10-25 02:00:30'), (3, '2026-10-25 01:30:00')",
    );
    await using source = open({ timezone: 'Europe/Berlin' });
    const request = await requestOf(source, 'autumn', ['stamp']);
    const mark = ['2026-10-25 02:59:00', '1'];
    const lookBack = (floor: string): ReadRequest => ({ ...request, window: { kind: 'after', mark, floor: micros(floor), tied: false } });
    // Row 2 was written at 01:00:30Z; the floor is 00:58:00Z, which a clock on the wall called 02:58.
    expect(ids(await rowsOf(source, lookBack('2026-10-25T00:58:00.000000Z')))).toEqual(['2', '1']);
    expect(ids(await rowsOf(source, lookBack('2026-10-25T01:00:15.000000Z')))).toEqual(['2', '1']);
    // An hour later all is as ever.
    expect(ids(await rowsOf(source, lookBack('2026-10-25T02:00:01.000000Z')))).toEqual([]);
  });

  it('looks back a whole day and more where the cursor is a date', async () => {
    await db.run(
      "CREATE TABLE daily (id bigint PRIMARY KEY, day date NOT NULL); INSERT INTO daily VALUES (1, '2026-06-30'), (2, '2026-06-29'), (3, '2026-07-01'), (4, '2026-06-28')",
    );
    await using source = open();
    const request = await requestOf(source, 'daily', ['day']);
    const window = { kind: 'after', mark: ['2026-07-01', '3'], floor: micros('2026-06-30T12:00:00.000000Z'), tied: true } as const;
    expect(ids(await rowsOf(source, { ...request, window }))).toEqual(['2', '1', '3']);
  });

  it('keeps the fraction of a mark that comes from the wider column of a list', async () => {
    await db.run(`CREATE TABLE wide (id bigint PRIMARY KEY, coarse timestamp(0), fine timestamp(6), day date, small integer, big bigint);
      INSERT INTO wide VALUES (1, NULL, '2026-01-01 00:00:00.6', NULL, NULL, 9007199254740993), (2, NULL, '2026-01-01 00:00:00.7', NULL, 5, 1), (3, '2026-01-01 00:00:01', NULL, '2026-01-01', NULL, 9007199254740992)`);
    await using source = open();
    const lists: readonly (readonly [readonly string[], readonly string[]])[] = [
      [
        ['coarse', 'fine'],
        ['1', '2', '3'],
      ],
      [
        ['day', 'fine'],
        ['3', '1', '2'],
      ],
      [
        ['small', 'big'],
        ['2', '3', '1'],
      ],
    ];
    for (const [cursor, expected] of lists) {
      const request = await requestOf(source, 'wide', cursor);
      const found: unknown[] = [];
      let page: ReadRequest['page'] = null;
      for (
        let rows = await rowsOf(source, { ...request, limit: 1 });
        rows.length > 0;
        rows = await rowsOf(source, { ...request, limit: 1, page })
      ) {
        found.push(...ids(rows));
        page = rows[0]?.position ?? null;
      }
      expect(found, cursor.join()).toEqual(expected);
    }
  });

  it('finds pages and look-backs by the index on cursor and key, without a sort', async () => {
    await db.run(`CREATE TABLE long (id bigint PRIMARY KEY, stamp timestamptz NOT NULL, local timestamp NOT NULL);
      INSERT INTO long SELECT n, timestamptz '2026-01-01' + n * interval '1 second', timestamp '2026-01-01' + n * interval '1 second' FROM generate_series(1, 100000) n;
      CREATE INDEX ON long (stamp, id); CREATE INDEX ON long (local, id); ANALYZE long`);
    await using source = open({ timezone: 'Europe/Berlin' });
    for (const cursor of ['stamp', 'local']) {
      const request = await requestOf(source, 'long', [cursor]);
      const mark = ['2026-01-02 03:00:00', '97200'];
      const window = { kind: 'after', mark, floor: micros('2026-01-02T01:00:00.000000Z'), tied: true } as const;
      for (const asked of [
        { ...request, limit: 100 },
        { ...request, page: mark, limit: 100 },
        { ...request, window, limit: 100 },
      ]) {
        const { sql, binds } = planRead(flavourOf('Europe/Berlin'), asked);
        await db.run(`PREPARE asked AS ${sql}`);
        const values = binds.map((bind) => `'${bindText(bind)}'`).join(', ');
        const plan = (await db.rows(`EXPLAIN EXECUTE asked${values === '' ? '' : `(${values})`}`)).join('\n');
        await db.run('DEALLOCATE asked');
        expect(plan, sql).toMatch(/Index/);
        expect(plan, sql).not.toMatch(/Sort|Seq Scan/);
      }
    }
  });
});
