import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import type { Column, Relation, Shape } from '../../src/model/column.ts';
import { type Row, rowsOf } from '../../src/model/row.ts';
import type { Value } from '../../src/model/value.ts';
import type { Watermark } from '../../src/model/watermark.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import type { Source } from '../../src/source/source.ts';
import type { SourceConfig } from '../../src/source/source-config.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait-for.ts';
import type { TypeCase } from '../types/type-case.ts';
import type { Dialect } from './source-dialect.ts';

/** Cases that a source may leave out, each with the reason. */
export type SkippableCase = 'two columns of one name' | 'back-pressure of a statement';

export interface SourceContract {
  readonly kind: Source['kind'];
  readonly dialect: Dialect;
  create(): Promise<TestDatabase>;
  open(config: SourceConfig): Source;
  readonly types: readonly TypeCase[];
  readonly skips?: Readonly<Partial<Record<SkippableCase, string>>>;
}

interface Place {
  readonly db: TestDatabase;
  readonly source: Source;
  open(overrides?: Partial<SourceConfig>): Source;
}

export const never = new AbortController().signal;

/** The configuration of a source on a test's database. */
export function sourceConfig(kind: Source['kind'], url: string, overrides: Partial<SourceConfig> = {}): SourceConfig {
  const bare = { name: 'test', kind, tls: null, pool: 2, timezone: 'UTC', statementTimeout: 60_000, session: [] };
  if (kind === 'sqlite') return { ...bare, url: url.replace(/^sqlite:/, ''), user: null, password: null, ...overrides };
  const parsed = new URL(url);
  const { username, password } = parsed;
  parsed.username = '';
  parsed.password = '';
  return { ...bare, url: parsed.href, user: decodeURIComponent(username), password: decodeURIComponent(password), ...overrides };
}

/** Microseconds since 1970 of an instant, to be written with six digits: `2026-01-01T00:00:05.000001Z`. */
export const micros = (instant: string): bigint => BigInt(Date.parse(instant)) * 1000n + BigInt(instant.slice(23, 26));

/** A value as a test's own SQL prints it. */
export function printed(value: Value | undefined): string | null {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : String(value);
}

export const table = (name: string): Relation => ({ kind: 'table', table: { schema: null, name } });
export const query = (text: string): Relation => ({ kind: 'query', text });

function columnsOf(shape: Shape, names: readonly string[]): readonly Column[] {
  return names.map((name) => {
    const column = shape.columns.find((one) => one.name === name);
    if (column === undefined) throw new Error(`no column ${name}`);
    return column;
  });
}

export interface Wanted extends Partial<Omit<ReadRequest, 'relation' | 'columns' | 'cursor' | 'key'>> {
  /** Default: all. */
  readonly columns?: readonly string[];
  readonly cursor?: readonly string[];
  readonly key: readonly string[];
}

export async function requestOf(source: Source, relation: Relation, wanted: Wanted): Promise<ReadRequest> {
  const shape = await source.describe(relation, never);
  return {
    where: null,
    window: { kind: 'all' },
    page: null,
    recentFrom: null,
    sample: null,
    limit: null,
    ...wanted,
    relation,
    columns: wanted.columns === undefined ? shape.columns : columnsOf(shape, wanted.columns),
    cursor: columnsOf(shape, wanted.cursor ?? []),
    key: columnsOf(shape, wanted.key),
  };
}

export async function readAll(source: Source, request: ReadRequest): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const batch of source.read(request, never)) rows.push(...rowsOf(batch));
  return rows;
}

/** A whole window, page by page, as the engine reads it. */
export async function readPages(source: Source, request: ReadRequest, limit: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let page: Watermark | null = null;
  for (;;) {
    const found: readonly Row[] = await readAll(source, { ...request, page, limit });
    rows.push(...found);
    page = found.at(-1)?.position ?? page;
    if (found.length < limit) return rows;
  }
}

/** First column of each row, printed. */
export const firsts = (rows: readonly Row[]): readonly (string | null)[] => rows.map(({ values }) => printed(values[0]));
export const firstColumn = async (db: TestDatabase, sql: string): Promise<readonly (string | null)[]> =>
  (await db.rows(sql)).map(([first]) => first ?? null);

async function refusal(work: Promise<unknown>): Promise<LiberateError> {
  const thrown = await work.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  if (thrown instanceof LiberateError) return thrown;
  throw thrown;
}

/** What every source must do, run by each on its own database. */
export function sourceContract(contract: SourceContract): void {
  const { dialect } = contract;
  const skips: Readonly<Partial<Record<SkippableCase, string>>> = contract.skips ?? {};

  const promise = (name: string, body: (place: Place) => Promise<void>, skippable?: SkippableCase): void => {
    const reason = skippable === undefined ? undefined : skips[skippable];
    const title = reason === undefined ? name : `${name} (not here: ${reason})`;
    it.skipIf(reason !== undefined)(title, { timeout: 60_000 }, async () => {
      await using db = await contract.create();
      await using opened = new Opened(contract, db);
      await body({ db, source: opened.open(), open: (overrides) => opened.open(overrides) });
    });
  };

  /**
   * `items (id, stamp, note)`: 60 rows, of which 13 share each stamp, ids in no order of time; the stamp of
   * tie n is 2026-01-01 00:00:0n.000000 for n = 1, 2, …
   */
  const items = async (db: TestDatabase): Promise<void> => {
    await db.run(`CREATE TABLE items (id ${dialect.bigint} PRIMARY KEY, stamp ${dialect.stamp} NOT NULL, note ${dialect.text})`);
    const rows = Array.from({ length: 60 }, (_, at) => {
      const id = (at * 37) % 61;
      return `(${id}, '2026-01-01 00:00:0${Math.floor(at / 13) + 1}.000000', 'note ${id}')`;
    });
    await db.run(`INSERT INTO items VALUES ${rows.join(', ')}`);
  };
  const inOrder = 'SELECT id FROM items ORDER BY stamp, id';
  const byStamp: Wanted = { columns: ['id', 'stamp', 'note'], cursor: ['stamp'], key: ['id'] };
  const positionOf = async (source: Source, id: string): Promise<Watermark> => {
    const rows = await readAll(source, await requestOf(source, table('items'), byStamp));
    const row = rows.find(({ values }) => printed(values[0]) === id);
    if (row === undefined) throw new Error(`no item ${id}`);
    return row.position;
  };

  describe(`the source contract, ${contract.kind}`, () => {
    /** Each is a change; after the last the relation is another of the same name. */
    const ddl = (name: string): readonly string[] => [
      `ALTER TABLE ${name} ADD COLUMN more ${dialect.text}`,
      `ALTER TABLE ${name} RENAME COLUMN more TO other`,
      `ALTER TABLE ${name} DROP COLUMN other`,
      `ALTER TABLE ${name} RENAME TO ${name}_old; CREATE TABLE ${name} (id ${dialect.bigint} NOT NULL PRIMARY KEY, again ${dialect.text}); INSERT INTO ${name} (id) VALUES (1)`,
    ];

    /** How each batch of a page is confirmed: `null`, it is; a code, it is not. */
    async function confirmations(source: Source, request: ReadRequest): Promise<readonly (string | null)[]> {
      const found: (string | null)[] = [];
      const noted = async (work: Promise<void> | undefined): Promise<void> => {
        const code = await (work ?? Promise.resolve()).then(
          () => null,
          (error: unknown) => (error as LiberateError).code,
        );
        if (found.at(-1) !== code) found.push(code);
      };
      const read = async (): Promise<void> => {
        for await (const batch of source.read(request, never)) await noted(batch.confirm?.());
      };
      await read().catch((error: LiberateError) => noted(Promise.reject(error)));
      return found;
    }

    promise(
      'confirms a page as long as the relation is what its version says, however many rows it has, and never after DDL',
      async ({ db, source }) => {
        for (const size of [3, 2000]) {
          const name = `t${size}`;
          await db.run(`CREATE TABLE ${name} (id ${dialect.bigint} NOT NULL PRIMARY KEY)`);
          await db.run(`INSERT INTO ${name} (id) ${dialect.series(size)}`);
          for (const relation of [table(name), query(`SELECT * FROM ${name} s WHERE id > 0`)]) {
            const request = await requestOf(source, relation, { key: ['id'], columns: ['id'] });
            const of = async (limit: number): Promise<ReadRequest> => {
              const { version } = await source.describe(relation, never);
              return { ...request, limit, version };
            };
            for (const limit of [250, 5000]) {
              let known = await of(limit);
              expect(await confirmations(source, known)).toEqual([null]);
              // What is written to it changes nothing.
              await db.run(`INSERT INTO ${name} (id) VALUES (${1_000_000 + limit}); DELETE FROM ${name} WHERE id > 900000`);
              expect(await confirmations(source, known)).toEqual([null]);
              for (const statement of ddl(name)) {
                await db.run(statement);
                expect(await confirmations(source, known), `${relation.kind}, ${limit}: ${statement}`).toEqual(['LIB215']);
                // Looked at again, it is known.
                known = await of(limit);
                expect(await confirmations(source, known)).toEqual([null]);
              }
              await db.run(`DROP TABLE ${name}; ALTER TABLE ${name}_old RENAME TO ${name}`);
              known = await of(limit);
            }
          }
        }
      },
    );

    promise('confirms nothing of a page whose request knows no version', async ({ db, source }) => {
      await db.run(`CREATE TABLE t (id ${dialect.bigint} NOT NULL PRIMARY KEY); INSERT INTO t VALUES (1)`);
      const known = await requestOf(source, table('t'), { key: ['id'] });
      for await (const batch of source.read({ ...known, version: undefined }, never)) expect(batch.confirm).toBeUndefined();
    });

    promise('says its kind, its version and where it stands', async ({ db, source }) => {
      expect(source.kind).toBe(contract.kind);
      const facts = await source.check(never);
      expect(facts.version).toMatch(dialect.version);
      expect(facts.defaultSchema).toBe(dialect.schema(db.name));
    });

    promise('lists tables and views in name order, without those of the system', async ({ db, source }) => {
      await db.run(`CREATE TABLE b_table (id ${dialect.bigint} PRIMARY KEY)`);
      await db.run(`CREATE TABLE ${dialect.quote}A Table${dialect.quote} (id ${dialect.bigint} PRIMARY KEY)`);
      await db.run('CREATE VIEW c_view AS SELECT id FROM b_table');
      const schema = dialect.schema(db.name);
      const all = await source.tables(never);
      const systems = ['mysql', 'sys', 'information_schema', 'performance_schema', 'pg_catalog', 'pg_toast'];
      expect(all.filter((one) => systems.includes(String(one.schema)))).toEqual([]);
      // A server's other databases are seen too where a login may read them, and other tests have theirs there.
      const tables = all.filter((one) => one.schema === schema);
      expect(tables).toEqual(['A Table', 'b_table', 'c_view'].map((name) => ({ schema, name })));
      for (const one of tables) expect((await source.describe({ kind: 'table', table: one }, never)).columns).toHaveLength(1);
    });

    promise("describes a table's columns, its key in the key's order, and its indexes", async ({ db, source }) => {
      const q = dialect.quote;
      await db.run(
        `CREATE TABLE order_lines (note ${dialect.text}, line ${dialect.bigint} NOT NULL, ${q}Order Id${q} ${dialect.bigint} NOT NULL,
         stamp ${dialect.stamp} NOT NULL, PRIMARY KEY (${q}Order Id${q}, line))`,
      );
      await db.run(`CREATE INDEX lines_stamp ON order_lines (stamp, ${q}Order Id${q})`);
      await db.run('CREATE UNIQUE INDEX lines_unique ON order_lines (line, stamp)');
      const shape = await source.describe(table('order_lines'), never);
      expect(shape.columns.map(({ name, nullable, type }) => [name, nullable, type.kind])).toEqual([
        ['note', true, dialect.kinds.text],
        ['line', false, dialect.kinds.bigint],
        ['Order Id', false, dialect.kinds.bigint],
        ['stamp', false, dialect.kinds.stamp],
      ]);
      expect(shape.primaryKey).toEqual(['Order Id', 'line']);
      const index = (name: string): unknown => shape.indexes.find((one) => one.name === name);
      expect(index('lines_stamp')).toMatchObject({ unique: false });
      expect((index('lines_stamp') as { columns: string[] }).columns.slice(0, 2)).toEqual(['stamp', 'Order Id']);
      expect(index('lines_unique')).toEqual({ name: 'lines_unique', columns: ['line', 'stamp'], unique: true });
      expect(shape.indexes.some(({ columns, unique }) => unique && columns.join() === 'Order Id,line')).toBe(true);
    });

    promise("describes a query's columns, whatever its text looks like", async ({ db, source }) => {
      await items(db);
      const texts = [
        'SELECT id, stamp, note FROM items',
        'SELECT id, stamp, note FROM items;',
        'SELECT id, stamp, note FROM items; -- the end; really',
        'SELECT id, stamp, note FROM items -- no newline after this',
        '/* first */ SELECT id, stamp, note /* ; */ FROM items ;; /* last */',
        'WITH recent AS (SELECT * FROM items) SELECT id, stamp, note FROM recent',
        'SELECT id, stamp, note FROM items WHERE id < 10 UNION ALL SELECT id, stamp, note FROM items WHERE id >= 10',
        'SELECT id, max(stamp) AS stamp, min(note) AS note FROM items GROUP BY id',
        'SELECT id, stamp, note FROM items WHERE stamp >= :since AND stamp < :until',
      ];
      for (const text of texts) {
        const shape = await source.describe(query(text), never);
        expect(
          shape.columns.map(({ name }) => name),
          text,
        ).toEqual(['id', 'stamp', 'note']);
        expect(shape.primaryKey).toEqual([]);
        const rows = await readAll(source, await requestOf(source, query(text), { ...byStamp, window: { kind: 'all' } }));
        expect(firsts(rows), text).toEqual(await firstColumn(db, inOrder));
      }
    });

    promise('says of each row whether a column, or a condition, marks it as deleted, and gives no field more', async ({ db, source }) => {
      await db.run(`CREATE TABLE marked (id ${dialect.bigint} PRIMARY KEY, stamp ${dialect.stamp}, day date, number ${dialect.bigint},
        part ${dialect.fraction}, flag ${dialect.boolean}, note ${dialect.text})`);
      const [yes, no] = dialect.booleans;
      await db.run(`INSERT INTO marked VALUES (1, '2026-01-01 00:00:00.000000', '2026-01-01', 1, 0.5, ${yes}, 'gone'),
        (2, NULL, NULL, 0, 0, ${no}, 'here'), (3, NULL, NULL, NULL, NULL, NULL, NULL), (4, '1969-12-31 23:59:59.999999', '1969-12-31', -1, -0.5, ${yes}, 'gone')`);
      const shape = await source.describe(table('marked'), never);
      const flagsOf = async (relation: Relation, deleted: NonNullable<ReadRequest['deleted']>): Promise<readonly unknown[]> => {
        const request = await requestOf(source, relation, { columns: ['id', 'note'], key: ['id'], deleted });
        const rows = await readPages(source, request, 3);
        for (const { values } of rows) expect(values).toHaveLength(2);
        return rows.map(({ deleted: flag }) => flag);
      };
      for (const name of ['stamp', 'day', 'number', 'part', 'flag']) {
        const [column] = columnsOf(shape, [name]) as [Column];
        expect(await flagsOf(table('marked'), { kind: 'column', column }), name).toEqual([true, false, false, true]);
      }
      for (const sql of ["note = 'gone'", "note = 'gone' -- at last", "note = 'x' OR number <> 0"]) {
        expect(await flagsOf(table('marked'), { kind: 'condition', sql }), sql).toEqual([true, false, false, true]);
      }
      const grouped = query('SELECT id, max(number) AS number, max(note) AS note FROM marked GROUP BY id; -- all');
      expect(await flagsOf(grouped, { kind: 'condition', sql: 'number = 0' })).toEqual([false, true, false, false]);
      const wrong = await requestOf(source, table('marked'), { key: ['id'], deleted: { kind: 'condition', sql: 'no_such_column = 1' } });
      expect((await refusal(readAll(source, wrong))).code).toBe(dialect.unknownColumn);
    });

    promise('names what is missing or wrong by its code', async ({ db, source }) => {
      await items(db);
      const codeOf = async (relation: Relation): Promise<string> => (await refusal(source.describe(relation, never))).code;
      expect(await codeOf(table('no_such_table'))).toBe('LIB203');
      expect(await codeOf({ kind: 'table', table: { schema: 'no_such_schema', name: 'items' } })).toBe('LIB203');
      expect(await codeOf(query('SELECT id FROM no_such_table'))).toBe('LIB203');
      expect(await codeOf(query('SELECT no_such_column FROM items'))).toBe(dialect.unknownColumn);
      expect(await codeOf(query('SELECT id FROM items WHERE'))).toBe('LIB207');
      const request = await requestOf(source, table('items'), { ...byStamp, where: 'no_such_column = 1' });
      expect((await refusal(readAll(source, request))).code).toBe(dialect.unknownColumn);
    });

    promise(
      'refuses a query with two columns of one name',
      async ({ source }) => {
        expect((await refusal(source.describe(query('SELECT 1 AS a, 2 AS a'), never))).code).toBe('LIB207');
      },
      'two columns of one name',
    );

    for (const limit of [1, 2, 7, 13, 26, 59, 60, 61]) {
      promise(`reads ties in pages of ${limit} as ORDER BY does, none twice and none left out`, async ({ db, source }) => {
        await items(db);
        const rows = await readPages(source, await requestOf(source, table('items'), byStamp), limit);
        expect(firsts(rows)).toEqual(await firstColumn(db, inOrder));
        expect(rows.every(({ ahead, recent }) => ahead && !recent)).toBe(true);
      });
    }

    promise('gives batches whose safe position is that of their last row', async ({ db, source }) => {
      await items(db);
      let batches = 0;
      for await (const batch of source.read(await requestOf(source, table('items'), byStamp), never)) {
        expect(batch.safe).toEqual(rowsOf(batch).at(-1)?.position);
        batches += 1;
      }
      expect(batches).toBeGreaterThan(0);
    });

    promise('without a key gives a safe position only outside ties', async ({ db, source }) => {
      await items(db);
      const request = await requestOf(source, table('items'), { cursor: ['stamp'], key: [] });
      const read = async (limit: number | null): Promise<{ readonly rows: readonly Row[]; readonly safe: Watermark | null }> => {
        const rows: Row[] = [];
        let safe: Watermark | null = null;
        for await (const batch of source.read({ ...request, limit }, never)) {
          rows.push(...rowsOf(batch));
          safe = batch.safe;
        }
        return { rows, safe };
      };
      const whole = await read(null);
      expect(whole.rows).toHaveLength(60);
      expect(whole.safe).toEqual(whole.rows.at(-1)?.position);
      const cut = await read(15);
      expect(cut.rows).toHaveLength(15);
      expect(cut.safe).toEqual(cut.rows[0]?.position);
    });

    promise('past a mark reads nothing again when nothing is asked for again', async ({ db, source }) => {
      await items(db);
      const order = await firstColumn(db, inOrder);
      const mark = await positionOf(source, order[20] as string);
      const window = { kind: 'after', mark, floor: null, tied: false } as const;
      const rows = await readPages(source, await requestOf(source, table('items'), { ...byStamp, window }), 7);
      expect(firsts(rows)).toEqual(order.slice(21));
    });

    promise("meets the rows of the mark's own stamp again, and one that joined them later", async ({ db, source }) => {
      await items(db);
      const order = await firstColumn(db, inOrder);
      const mark = await positionOf(source, order[20] as string);
      await db.run("INSERT INTO items VALUES (-5, '2026-01-01 00:00:02.000000', 'late')");
      const window = { kind: 'after', mark, floor: null, tied: true } as const;
      const rows = await readPages(source, await requestOf(source, table('items'), { ...byStamp, window }), 7);
      expect(firsts(rows)).toEqual(['-5', ...order.slice(13)]);
      expect(rows.map(({ ahead }) => ahead)).toEqual([...Array(9).fill(false), ...Array(39).fill(true)]);
    });

    for (const tied of [false, true]) {
      promise(
        `looks back to the floor${tied ? ' and at ties' : ''}, flags what lies ahead of the mark and what is recent`,
        async ({ db, source }) => {
          await items(db);
          const order = await firstColumn(db, inOrder);
          const mark = await positionOf(source, order[40] as string);
          await db.run(
            "INSERT INTO items VALUES (-7, '2026-01-01 00:00:02.000001', 'late'), (-8, '2026-01-01 00:00:02.000000', 'before the floor')",
          );
          const request = await requestOf(source, table('items'), {
            ...byStamp,
            window: { kind: 'after', mark, floor: micros('2026-01-01T00:00:02.000001Z'), tied },
            recentFrom: micros('2026-01-01T00:00:05.000000Z'),
            sample: mark[0] as string,
          });
          for (const limit of [1, 5, 100]) {
            const rows = await readPages(source, request, limit);
            expect(firsts(rows)).toEqual(['-7', ...order.slice(26)]);
            expect(rows.map(({ ahead }) => ahead)).toEqual(rows.map((_, at) => at > 15));
            expect(rows.map(({ recent }) => recent)).toEqual(rows.map(({ values }) => order.indexOf(printed(values[0]) ?? '') >= 52));
          }
        },
      );
    }

    promise('with a floor after the mark reads all between them, and flags nothing recent below its bound', async ({ db, source }) => {
      await items(db);
      const order = await firstColumn(db, inOrder);
      const mark = await positionOf(source, order[14] as string);
      const request = await requestOf(source, table('items'), {
        ...byStamp,
        window: { kind: 'after', mark, floor: micros('2026-01-01T00:00:04.000000Z'), tied: false },
        recentFrom: micros('2026-01-01T00:01:00.000000Z'),
        sample: mark[0] as string,
      });
      const rows = await readPages(source, request, 10);
      expect(firsts(rows)).toEqual(order.slice(15));
      expect(rows.every(({ ahead, recent }) => ahead && !recent)).toBe(true);
    });

    promise('reads ids past the mark and in the gaps below it', async ({ db, source }) => {
      await items(db);
      const request = await requestOf(source, table('items'), {
        cursor: ['id'],
        key: ['id'],
        window: {
          kind: 'gaps',
          mark: ['50'],
          gaps: [
            { from: null, to: '2' },
            { from: '10', to: '10' },
            { from: '20', to: '22' },
          ],
        },
      });
      const expected = await firstColumn(
        db,
        'SELECT id FROM items WHERE id <= 2 OR id = 10 OR id BETWEEN 20 AND 22 OR id > 50 ORDER BY id',
      );
      const rows = await readPages(source, request, 4);
      expect(firsts(rows)).toEqual(expected);
      expect(rows.map(({ ahead }) => ahead)).toEqual(expected.map((id) => Number(id) > 50));
      expect(rows.every(({ position }) => position.length === 1)).toBe(true);
    });

    promise('reads a range that holds its lower end and not its upper', async ({ db, source }) => {
      await items(db);
      const { columns } = await source.describe(table('items'), never);
      const stamp = columns.find(({ name }) => name === 'stamp') as Column;
      const [from, to] = ['2026-01-01 00:00:02', '2026-01-01 00:00:04'].map((text) => source.parseCursor(text, stamp)) as [string, string];
      const ids = async (window: ReadRequest['window']): Promise<readonly (string | null)[]> =>
        firsts(await readPages(source, await requestOf(source, table('items'), { ...byStamp, window }), 9));
      const order = await firstColumn(db, inOrder);
      expect(await ids({ kind: 'range', from, to })).toEqual(order.slice(13, 39));
      expect(await ids({ kind: 'range', from, to: null })).toEqual(order.slice(13));
      expect(await ids({ kind: 'range', from: null, to })).toEqual(order.slice(0, 39));
      expect(await ids({ kind: 'range', from: null, to: null })).toEqual(order);
    });

    promise('reads and counts the rows without a cursor apart, in key order', async ({ db, source }) => {
      await db.run(`CREATE TABLE drafts (id ${dialect.bigint} PRIMARY KEY, stamp ${dialect.stamp})`);
      await db.run("INSERT INTO drafts VALUES (3, NULL), (1, NULL), (2, '2026-01-01 00:00:00'), (11, NULL)");
      const request = await requestOf(source, table('drafts'), { cursor: ['stamp'], key: ['id'] });
      expect(firsts(await readAll(source, request))).toEqual(['2']);
      expect(firsts(await readPages(source, { ...request, window: { kind: 'nulls' } }, 2))).toEqual(['1', '3', '11']);
      expect(await source.countNulls(request, never)).toBe(3);
      expect(await source.countNulls({ ...request, where: 'id < 3' }, never)).toBe(1);
      await db.run(`INSERT INTO drafts (id) SELECT n + 100 FROM (${dialect.series(1200)}) s`);
      expect(await source.countNulls(request, never)).toBe(1000);
    });

    promise('reads by the first of several cursor columns that is not NULL', async ({ db, source }) => {
      await db.run(`CREATE TABLE posts (id ${dialect.bigint} PRIMARY KEY, updated ${dialect.stamp}, created ${dialect.stamp})`);
      await db.run(
        `INSERT INTO posts VALUES (1, NULL, '2026-01-01 00:00:03'), (2, '2026-01-01 00:00:02', '2026-01-01 00:00:00'),
         (3, NULL, NULL), (4, '2026-01-01 00:00:03', '2026-01-01 00:00:01'), (5, NULL, '2026-01-01 00:00:01.000001')`,
      );
      const request = await requestOf(source, table('posts'), { cursor: ['updated', 'created'], key: ['id'] });
      for (const limit of [1, 2, 10]) expect(firsts(await readPages(source, request, limit))).toEqual(['5', '2', '1', '4']);
      const [five, two] = await readAll(source, request);
      const window = { kind: 'after', mark: two?.position ?? [], floor: micros('2026-01-01T00:00:03.000000Z'), tied: false } as const;
      const after = { ...request, window, sample: five?.position[0] ?? null };
      expect(firsts(await readAll(source, after))).toEqual(['1', '4']);
      expect(await source.countNulls(request, never)).toBe(1);
    });

    promise('orders by all columns of a composite key', async ({ db, source }) => {
      await db.run(
        `CREATE TABLE parts (a ${dialect.bigint} NOT NULL, b ${dialect.textKey} NOT NULL, stamp ${dialect.stamp} NOT NULL, PRIMARY KEY (a, b))`,
      );
      const rows = [3, 1, 2].flatMap((a) => ['x', 'a', 'm'].map((b) => `(${a}, '${b}', '2026-01-01 00:00:01')`));
      await db.run(`INSERT INTO parts VALUES ${rows.join(', ')}`);
      const expected = ['1a', '1m', '1x', '2a', '2m', '2x', '3a', '3m', '3x'];
      for (const cursor of [[], ['stamp']]) {
        const request = await requestOf(source, table('parts'), { cursor, key: ['a', 'b'] });
        const found = await readPages(source, request, 2);
        expect(found.map(({ values }) => `${printed(values[0])}${printed(values[1])}`)).toEqual(expected);
      }
    });

    promise('reads a relation in pieces that hold each row once, by a key of several columns', async ({ db, source }) => {
      await db.run(
        `CREATE TABLE parts (id ${dialect.bigint} NOT NULL, a ${dialect.bigint}, b ${dialect.textKey}, c ${dialect.bigint}, PRIMARY KEY (a, b, c))`,
      );
      const rows = Array.from({ length: 30 }, (_, at) => `(${at}, ${at < 25 ? 1 : at}, '${'xyz'[at % 3]}', ${at})`);
      await db.run(`INSERT INTO parts VALUES ${rows.join(', ')}`);
      const expected = await firstColumn(db, 'SELECT id FROM parts ORDER BY a, b, c');
      const request = await requestOf(source, table('parts'), { key: ['a', 'b', 'c'] });
      const read: (string | null)[] = [];
      for (let page: Watermark | null = null; ; ) {
        const until: Watermark | null = await source.nth({ ...request, page, limit: 7 }, never);
        const piece = await readAll(source, { ...request, page, ...(until === null ? {} : { until }) });
        expect(piece).toHaveLength(until === null ? 30 % 7 : 7);
        read.push(...firsts(piece));
        if (until === null) break;
        page = until;
      }
      expect(read).toEqual(expected);
    });

    promise('reads stamps before 1970 and at the edges of a second', async ({ db, source }) => {
      await db.run(`CREATE TABLE old (id ${dialect.bigint} PRIMARY KEY, stamp ${dialect.stamp} NOT NULL)`);
      const stamps = [
        '1969-12-31 23:59:59.999999',
        '1970-01-01 00:00:00',
        '1901-02-03 04:05:06.000001',
        '1969-12-31 23:59:59.999998',
        '1970-01-01 00:00:00.000001',
      ];
      await db.run(`INSERT INTO old VALUES ${stamps.map((stamp, at) => `(${at}, '${stamp}')`).join(', ')}`);
      const request = await requestOf(source, table('old'), { cursor: ['stamp'], key: ['id'] });
      const rows = await readPages(source, request, 1);
      expect(firsts(rows)).toEqual(['2', '3', '0', '1', '4']);
      const mark = rows[1]?.position ?? [];
      const after = {
        ...request,
        window: { kind: 'after', mark, floor: -1n, tied: false },
        recentFrom: 1n,
        sample: mark[0] ?? null,
      } as const;
      const later = await readAll(source, after);
      expect(firsts(later)).toEqual(['0', '1', '4']);
      expect(later.map(({ recent }) => recent)).toEqual([false, false, true]);
    });

    promise('keeps memory flat while the consumer of 200,000 rows is slow', async ({ db, source }) => {
      await db.run(`CREATE TABLE big (id ${dialect.bigint} PRIMARY KEY, pad ${dialect.text})`);
      await db.run(`INSERT INTO big SELECT n, ${dialect.kilobyte} FROM (${dialect.series(200_000)}) s`);
      const request = await requestOf(source, table('big'), { key: ['id'] });
      const used = (): number => {
        const { heapUsed, external } = process.memoryUsage();
        return (heapUsed + external) / 1e6;
      };
      const before = used();
      let rows = 0;
      let peak = 0;
      for await (const batch of source.read(request, never)) {
        // Long enough for a driver that does not wait to take in all 200 MB.
        if (rows === 0) await pause(1500);
        rows += batch.count;
        expect(batch.count).toBeLessThanOrEqual(5000);
        peak = Math.max(peak, used() - before);
      }
      expect(rows).toBe(200_000);
      expect(peak).toBeLessThan(120);
    });

    promise(
      'does not count the time that the consumer takes as time of the statement',
      async ({ db, open }) => {
        await db.run(`CREATE TABLE big (id ${dialect.bigint} PRIMARY KEY, pad ${dialect.text})`);
        await db.run(`INSERT INTO big SELECT n, ${dialect.kilobyte} FROM (${dialect.series(20_000)}) s`);
        const impatient = open({ statementTimeout: 1000 });
        let rows = 0;
        for await (const batch of impatient.read(await requestOf(impatient, table('big'), { key: ['id'] }), never)) {
          if (rows < 1000) await pause(700);
          rows += batch.count;
        }
        expect(rows).toBe(20_000);
      },
      'back-pressure of a statement',
    );

    promise('gives the connection back when the loop is left early', async ({ db, open }) => {
      await db.run(`CREATE TABLE big (id ${dialect.bigint} PRIMARY KEY, pad ${dialect.text})`);
      await db.run(`INSERT INTO big SELECT n, ${dialect.kilobyte} FROM (${dialect.series(5000)}) s`);
      const single = open({ pool: 1 });
      const request = await requestOf(single, table('big'), { key: ['id'] });
      for (let round = 0; round < 5; round += 1) {
        for await (const { count } of single.read(request, never)) {
          expect(count).toBeGreaterThan(0);
          break;
        }
        const boom = new Error('the consumer failed');
        const failing = async (): Promise<void> => {
          for await (const _ of single.read(request, never)) throw boom;
        };
        await expect(failing()).rejects.toBe(boom);
      }
      expect(await readAll(single, request)).toHaveLength(5000);
    });

    promise('stops between batches when it is told to, with the reason, and can be read again', async ({ db, open }) => {
      await db.run(`CREATE TABLE big (id ${dialect.bigint} PRIMARY KEY, pad ${dialect.text})`);
      await db.run(`INSERT INTO big SELECT n, ${dialect.kilobyte} FROM (${dialect.series(5000)}) s`);
      const single = open({ pool: 1 });
      const request = await requestOf(single, table('big'), { key: ['id'] });
      const stop = new AbortController();
      const reason = new Error('stopped by the test');
      let batches = 0;
      const reading = async (): Promise<void> => {
        for await (const _ of single.read(request, stop.signal)) {
          batches += 1;
          if (batches === 2) stop.abort(reason);
        }
      };
      await expect(reading()).rejects.toBe(reason);
      expect(batches).toBe(2);
      await expect(single.check(AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(await readAll(single, request)).toHaveLength(5000);
    });

    it.skipIf(dialect.slowQuery === null)('cancels what runs on the server when it is told to stop', async () => {
      await using db = await contract.create();
      await using opened = new Opened(contract, db);
      const single = opened.open({ pool: 1 });
      const relation = query(dialect.slowQuery ?? '');
      const column: Column = { name: 'id', type: { kind: 'integer' }, native: 'bigint', nullable: true };
      const request: ReadRequest = {
        relation,
        columns: [column],
        where: null,
        cursor: [],
        key: [column],
        window: { kind: 'all' },
        page: null,
        recentFrom: null,
        sample: null,
        limit: 10,
      };
      const running = async (): Promise<number> => Number((await db.rows(dialect.slowRunning))[0]?.[0]);
      const stop = new AbortController();
      const reason = new Error('stopped by the test');
      const reading = refusedReason(readAllUnder(single, request, stop.signal));
      let told = performance.now();
      try {
        await waitFor(async () => (await running()) > 0, { what: 'the slow statement' });
        told = performance.now();
      } finally {
        stop.abort(reason);
      }
      expect(await reading).toBe(reason);
      expect(performance.now() - told).toBeLessThan(3000);
      await waitFor(async () => (await running()) === 0, { timeout: 3000, what: 'the end of the slow statement' });
      expect((await single.check(never)).version).toMatch(dialect.version);

      // A timeout of the statement ends it as well, and says so.
      const impatient = opened.open({ statementTimeout: 500 });
      expect((await refusal(readAll(impatient, request))).code).toBe('LIB209');
      expect((await impatient.check(never)).version).toMatch(dialect.version);
    });

    promise('fills in :since and :until', async ({ db, source }) => {
      await items(db);
      const order = await firstColumn(db, inOrder);
      const relation = query(
        `SELECT id, stamp, note, ':since' AS quoted FROM (SELECT * FROM items WHERE stamp >= :since AND stamp < :until) i -- :until it's\n`,
      );
      const ids = async (wanted: Partial<ReadRequest>): Promise<readonly (string | null)[]> => {
        const rows = await readPages(
          source,
          await requestOf(source, relation, { ...byStamp, columns: ['id', 'quoted'], ...wanted } as Wanted),
          10,
        );
        expect(rows.every(({ values }) => values[1] === ':since')).toBe(true);
        return firsts(rows);
      };
      expect(await ids({})).toEqual(order);
      const shape = await source.describe(table('items'), never);
      const stamp = shape.columns.find(({ name }) => name === 'stamp') as Column;
      const [from, to] = ['2026-01-01 00:00:02', '2026-01-01 00:00:04'].map((text) => source.parseCursor(text, stamp)) as [string, string];
      expect(await ids({ window: { kind: 'range', from, to } })).toEqual(order.slice(13, 39));
      const mark = await positionOf(source, order[30] as string);
      expect(await ids({ window: { kind: 'after', mark, floor: null, tied: false } })).toEqual(order.slice(31));
      const floor = micros('2026-01-01T00:00:02.000000Z');
      expect(await ids({ window: { kind: 'after', mark, floor, tied: true } })).toEqual(order.slice(13));
    });

    promise("reads only what the user's condition lets through", async ({ db, source }) => {
      await items(db);
      const where = "note <> 'note 7' AND id < 20 -- not the others";
      const rows = await readPages(source, await requestOf(source, table('items'), { ...byStamp, where }), 3);
      expect(firsts(rows)).toEqual(await firstColumn(db, "SELECT id FROM items WHERE note <> 'note 7' AND id < 20 ORDER BY stamp, id"));
    });

    promise('refuses rows that share a key, inside a page and at its edge', async ({ db, source }) => {
      await db.run(`CREATE TABLE twice (a ${dialect.bigint} NOT NULL, b ${dialect.bigint} NOT NULL)`);
      await db.run('INSERT INTO twice VALUES (1, 1), (1, 2), (2, 7), (2, 7), (3, 1)');
      const request = await requestOf(source, table('twice'), { key: ['a', 'b'] });
      for (const limit of [null, 4, 3]) {
        const error = await refusal(readAll(source, { ...request, limit }));
        expect(error.code, `limit ${limit}`).toBe('LIB212');
        expect(error.message).toContain('(a, b) = (2, 7)');
      }
      expect(firsts(await readAll(source, { ...request, limit: 2 }))).toEqual(['1', '1']);
      expect(await readAll(source, { ...request, key: [] })).toHaveLength(5);
    });

    promise('refuses a NULL in the key', async ({ db, source }) => {
      await db.run(`CREATE TABLE loose (a ${dialect.bigint}, b ${dialect.bigint})`);
      await db.run('INSERT INTO loose VALUES (1, 1), (NULL, 2)');
      const error = await refusal(readAll(source, await requestOf(source, table('loose'), { key: ['a'] })));
      expect(error.code).toBe('LIB211');
      expect(error.place.column).toBe('a');
    });

    promise('tells the last position, and null for an empty relation', async ({ db, source }) => {
      await items(db);
      const request = await requestOf(source, table('items'), byStamp);
      const rows = await readAll(source, request);
      expect(await source.last(request, never)).toEqual(rows.at(-1)?.position);
      expect(await source.last({ ...request, where: 'id > 1000' }, never)).toBeNull();
    });

    promise('estimates the rows of a request', async ({ db, source }) => {
      await items(db);
      await db.run(contract.kind === 'mysql' ? 'ANALYZE TABLE items' : 'ANALYZE items');
      const expected = await source.estimate(await requestOf(source, table('items'), byStamp), never);
      if (expected === null) return;
      expect(expected).toBeGreaterThan(5);
      expect(expected).toBeLessThan(600);
    });

    promise("has a horizon that no open transaction's stamp lies below", async ({ db, source }) => {
      await db.run(`CREATE TABLE stamped (id ${dialect.bigint} PRIMARY KEY, stamp ${dialect.stamp} NOT NULL)`);
      await using writer = await db.connect();
      const before = await source.horizon(null, never);
      await writer.run('BEGIN');
      await writer.run(`INSERT INTO stamped VALUES (1, ${dialect.now})`);
      // Past any margin, so that only a look at the transaction itself can reach back to it.
      const during = await waitFor(
        async () => {
          const horizon = await source.horizon(null, never);
          return horizon.now > before.now + 3_000_000n ? horizon : null;
        },
        { what: "the server's clock" },
      );
      await writer.run('COMMIT');
      expect(during.floor).toBeLessThanOrEqual(during.now);
      const request = await requestOf(source, table('stamped'), { cursor: ['stamp'], key: ['id'] });
      const mark = (await source.last(request, never)) as Watermark;
      const flagged = await readAll(source, { ...request, recentFrom: during.floor, sample: mark[0] ?? null });
      expect(flagged.map(({ recent }) => recent)).toEqual([true]);
    });

    promise("reaches back at least as far as the user's look-back", async ({ source }) => {
      const { now, floor } = await source.horizon(3_600_000, never);
      expect(now - floor).toBeGreaterThanOrEqual(3_600_000_000n);
      expect(now - floor).toBeLessThan(3_700_000_000n);
      expect(Math.abs(Number(now / 1000n) - Date.now())).toBeLessThan(60_000);
    });

    promise('explains a read without running it: a scan, and with the index that it writes itself none', async ({ db, source }) => {
      await db.run(`CREATE TABLE wide (id ${dialect.bigint} PRIMARY KEY, seq ${dialect.bigint} NOT NULL, note ${dialect.text})`);
      await db.run(`INSERT INTO wide SELECT n, 20001 - n, ${dialect.kilobyte} FROM (${dialect.series(20_000)}) s`);
      const window = { kind: 'after', mark: ['19990', '11'], floor: null, tied: false } as const;
      const request = await requestOf(source, table('wide'), { columns: ['id', 'seq'], cursor: ['seq'], key: ['id'], window, limit: 100 });
      const before = await source.explain(request, never);
      expect(before).toMatchObject({ scans: ['wide'], sorts: true, sql: expect.stringContaining('LIMIT 101') });
      expect(before.lines.length).toBeGreaterThan(0);
      await db.run(source.indexSql({ schema: null, name: 'wide' }, ['seq'], ['id']));
      await db.run(dialect.analyse('wide'));
      const after = await source.explain(request, never);
      expect(after).toMatchObject({ scans: [], sorts: false, sql: before.sql, binds: before.binds });
      expect(after.lines).not.toEqual(before.lines);
      expect(firsts(await readAll(source, request))).toEqual(['10', '9', '8', '7', '6', '5', '4', '3', '2', '1']);
    });

    promise('explains a read that would take minutes, without those minutes', async ({ db, source }) => {
      if (dialect.slowRow === null) return;
      await items(db);
      const request = await requestOf(source, table('items'), { ...byStamp, where: dialect.slowRow });
      const { sql, lines } = await source.explain(request, never);
      expect(sql).toContain(dialect.slowRow);
      expect(lines.length).toBeGreaterThan(0);
    });

    promise('turns what a user writes into a mark, and says what it expects instead of anything else', async ({ db, source }) => {
      await items(db);
      const { columns } = await source.describe(table('items'), never);
      const [id, stamp] = columns as readonly [Column, Column];
      const from = source.parseCursor('2026-01-01 00:00:03', stamp);
      const order = await firstColumn(db, inOrder);
      const ranged = await requestOf(source, table('items'), { ...byStamp, window: { kind: 'range', from, to: null } });
      expect(firsts(await readAll(source, ranged))).toEqual(order.slice(26));
      const some = source.parseCursor('55', id);
      const ids = await requestOf(source, table('items'), { cursor: ['id'], key: ['id'], window: { kind: 'range', from: some, to: null } });
      expect(firsts(await readAll(source, ids))).toEqual(['55', '56', '57', '58', '59', '60'].filter((one) => order.includes(one)));
      const refused = (): string => source.parseCursor('ten', id);
      expect(refused).toThrow(LiberateError);
      expect(refused).toThrow(/ten/);
    });
  });
}

async function readAllUnder(source: Source, request: ReadRequest, signal: AbortSignal): Promise<void> {
  for await (const _ of source.read(request, signal)) {
    // Only its end matters.
  }
}

const refusedReason = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

/** Sources of one test, closed at its end. */
class Opened implements AsyncDisposable {
  readonly #sources: Source[] = [];
  readonly #contract: SourceContract;
  readonly #db: TestDatabase;

  constructor(contract: SourceContract, db: TestDatabase) {
    this.#contract = contract;
    this.#db = db;
  }

  open(overrides: Partial<SourceConfig> = {}): Source {
    const source = this.#contract.open(sourceConfig(this.#contract.kind, this.#db.url, overrides));
    this.#sources.push(source);
    return source;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#sources.reverse()) await source[Symbol.asyncDispose]();
  }
}
