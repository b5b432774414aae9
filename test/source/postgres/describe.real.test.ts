import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiberateError } from '../../../src/kit/errors.ts';
import type { Shape } from '../../../src/model/column.ts';
import { openPostgres } from '../../../src/source/postgres/source.ts';
import type { Source } from '../../../src/source/source.ts';
import { sourceConfig } from '../../contract/source.ts';
import { createPostgres, createPostgresRole, type TestDatabase } from '../../support/databases.ts';

const never = new AbortController().signal;

describe('describing PostgreSQL', () => {
  let db: TestDatabase;
  let source: Source;
  const shapeOf = (name: string, schema: string | null = null): Promise<Shape> =>
    source.describe({ kind: 'table', table: { schema, name } }, never);
  const queryShape = (text: string): Promise<Shape> => source.describe({ kind: 'query', text }, never);

  beforeAll(async () => {
    db = await createPostgres();
    source = openPostgres(sourceConfig('postgres', db.url));
  });
  afterAll(async () => {
    await source[Symbol.asyncDispose]();
    await db[Symbol.asyncDispose]();
  });

  it('finds partitioned tables, views, materialised views and foreign tables, with what weakens a guarantee', async () => {
    await db.run(`
      CREATE SCHEMA kinds;
      CREATE TABLE kinds.parted (id bigint, day date NOT NULL, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
      CREATE TABLE kinds.part_1 PARTITION OF kinds.parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
      CREATE VIEW kinds.seen AS SELECT * FROM kinds.parted;
      CREATE MATERIALIZED VIEW kinds.frozen AS SELECT * FROM kinds.parted;
      CREATE UNIQUE INDEX frozen_id ON kinds.frozen (id);
      CREATE FOREIGN DATA WRAPPER nothing;
      CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
      CREATE FOREIGN TABLE kinds.far (id bigint) SERVER nowhere;
      CREATE SEQUENCE kinds.not_a_table;
      CREATE TYPE kinds.not_a_table_either AS (id bigint)`);
    const tables = await source.tables(never);
    expect(tables.filter(({ schema }) => schema === 'kinds').map(({ name }) => name)).toEqual([
      'far',
      'frozen',
      'part_1',
      'parted',
      'seen',
    ]);
    expect((await shapeOf('parted', 'kinds')).primaryKey).toEqual(['day', 'id']);
    const view = await shapeOf('seen', 'kinds');
    expect([view.primaryKey, view.indexes, view.remarks]).toEqual([[], [], []]);
    const frozen = await shapeOf('frozen', 'kinds');
    expect(frozen.indexes).toEqual([{ name: 'frozen_id', columns: ['id'], unique: true }]);
    expect(frozen.remarks[0]).toContain('materialised view');
    expect((await shapeOf('far', 'kinds')).remarks[0]).toContain('foreign table');
    await expect(shapeOf('not_a_table', 'kinds')).rejects.toMatchObject({ code: 'LIB203' });
    await expect(shapeOf('not_a_table_either', 'kinds')).rejects.toMatchObject({ code: 'LIB203' });
  });

  it('tells comments, defaults, labels and parts, and of a query what its columns carry along', async () => {
    await db.run(`
      CREATE TYPE colour AS ENUM ('red', 'blue');
      CREATE DOMAIN price AS numeric(12,2) DEFAULT 1;
      CREATE DOMAIN net_price AS price;
      CREATE TABLE told (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, colour colour DEFAULT 'red', amount net_price,
        many varchar(3)[] DEFAULT '{}', twice bigint GENERATED ALWAYS AS (2) STORED, at timestamptz(3) DEFAULT now());
      COMMENT ON COLUMN told.amount IS 'Without tax.';
      COMMENT ON COLUMN told.id IS 'It''s the key.'`);
    const facts = ({ columns }: Shape): unknown => columns.map(({ name, facts: found }) => [name, found]);
    expect(facts(await shapeOf('told'))).toEqual([
      ['id', { bits: 64, doc: "It's the key." }],
      ['colour', { labels: ['red', 'blue'], default: "'red'::colour" }],
      ['amount', { precision: 12, scale: 2, doc: 'Without tax.' }],
      ['many', { length: 3, default: "'{}'::character varying[]" }],
      ['twice', { bits: 64 }],
      ['at', { scale: 3, default: 'now()' }],
    ]);
    expect(
      facts(
        await queryShape('SELECT a.id, a.amount AS price, b.many, max(b.at) AS at FROM told a JOIN told b USING (id) GROUP BY 1, 2, 3'),
      ),
    ).toEqual([
      ['id', { bits: 64, doc: "It's the key." }],
      ['price', { precision: 12, scale: 2, doc: 'Without tax.' }],
      ['many', { length: 3 }],
      ['at', { scale: 6 }],
    ]);
  });

  it('lists the indexes that can order the rows of the whole table', async () => {
    await db.run(`
      CREATE TABLE indexed (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stamp timestamptz, note text, twice bigint GENERATED ALWAYS AS (1 + 1) STORED);
      CREATE INDEX up ON indexed (stamp, id);
      CREATE INDEX down ON indexed (stamp DESC, id DESC);
      CREATE INDEX mixed ON indexed (stamp DESC, id);
      CREATE INDEX partial ON indexed (stamp) WHERE note IS NOT NULL;
      CREATE INDEX expression ON indexed (lower(note));
      CREATE INDEX hashed ON indexed USING hash (note);
      CREATE UNIQUE INDEX covering ON indexed (note) INCLUDE (stamp)`);
    const { columns, indexes } = await shapeOf('indexed');
    expect(columns.map(({ name }) => name)).toEqual(['id', 'stamp', 'note', 'twice']);
    expect(indexes).toEqual([
      { name: 'covering', columns: ['note'], unique: true },
      { name: 'down', columns: ['stamp', 'id'], unique: false },
      { name: 'indexed_pkey', columns: ['id'], unique: true },
      { name: 'up', columns: ['stamp', 'id'], unique: false },
    ]);
  });

  it('tells how many ids a session takes at once, of its own sequence, of one that a default names, and through a query', async () => {
    await db.run(
      'CREATE TABLE cached (id bigint GENERATED BY DEFAULT AS IDENTITY (CACHE 20) PRIMARY KEY); CREATE TABLE plain (id bigserial PRIMARY KEY)',
    );
    await db.run("CREATE SEQUENCE shared CACHE 50; CREATE TABLE borrower (k text PRIMARY KEY, id bigint DEFAULT nextval('shared'))");
    expect(await shapeOf('cached')).toMatchObject({ cachedIds: { id: 20 }, idRemarks: [expect.stringContaining('CACHE 20')] });
    expect(await shapeOf('borrower')).toMatchObject({ cachedIds: { id: 50 } });
    expect(await shapeOf('plain')).toMatchObject({ cachedIds: {}, idRemarks: [], remarks: [] });
    await using source = openPostgres(sourceConfig('postgres', db.url));
    const text = 'SELECT c.id AS "the ""id""", b.id + 1 AS made, k FROM cached c JOIN borrower b USING (id)';
    expect(await source.describe({ kind: 'query', text }, never)).toMatchObject({ cachedIds: { 'the "id"': 20 } });
  });

  it('finds a name without schema by the search path', async () => {
    await db.run(
      'CREATE SCHEMA "My Shop"; CREATE TABLE "My Shop"."Order ""Lines""" (id bigint PRIMARY KEY); CREATE TABLE "My Shop".twin (id bigint)',
    );
    await db.run('CREATE TABLE public.twin (other text)');
    await using there = openPostgres(sourceConfig('postgres', db.url, { session: ['SET search_path = "My Shop", public'] }));
    expect((await there.check(never)).defaultSchema).toBe('My Shop');
    const found = await there.describe({ kind: 'table', table: { schema: null, name: 'Order "Lines"' } }, never);
    expect(found.primaryKey).toEqual(['id']);
    expect((await there.describe({ kind: 'table', table: { schema: null, name: 'twin' } }, never)).columns[0]?.name).toBe('id');
    expect((await shapeOf('twin')).columns[0]?.name).toBe('other');
    await expect(shapeOf('Twin')).rejects.toMatchObject({ code: 'LIB203', message: 'table Twin does not exist' });
  });

  it('leaves out what the login may not read, and says so', async () => {
    await db.run(`
      CREATE SCHEMA closed; CREATE TABLE closed.inside (id bigint);
      CREATE TABLE partly (id bigint PRIMARY KEY, open text, secret text); CREATE TABLE hidden (id bigint)`);
    await using login = await createPostgresRole(db, { grants: ['SELECT (id, open) ON partly'] });
    await using reader = openPostgres(sourceConfig('postgres', login.url));
    const names = (await reader.tables(never)).map(({ name }) => name);
    expect(names).toContain('partly');
    expect(names).not.toContain('hidden');
    expect(names).not.toContain('inside');
    const describeIt = (name: string, schema: string | null = null): Promise<Shape> =>
      reader.describe({ kind: 'table', table: { schema, name } }, never);
    const shape = await describeIt('partly');
    expect(shape.columns.map(({ name }) => name)).toEqual(['id', 'open']);
    expect(shape.remarks).toEqual(['table partly: no SELECT on secret: left out']);
    await expect(describeIt('hidden')).rejects.toMatchObject({ code: 'LIB213' });
    await expect(describeIt('inside', 'closed')).rejects.toMatchObject({ code: 'LIB213' });
    await expect(reader.describe({ kind: 'query', text: 'SELECT * FROM hidden' }, never)).rejects.toMatchObject({ code: 'LIB213' });
  });

  it("knows a query's types with their modifiers, domains and enums", async () => {
    await db.run("CREATE TYPE mood AS ENUM ('fine'); CREATE DOMAIN cents AS numeric(12,2)");
    const { columns } = await queryShape(
      "SELECT 1::int AS i, 1.5::numeric(10,2) AS n, 'x'::varchar(7) AS v, now()::timestamp(0) AS t, 'fine'::mood AS m, 3::cents AS c, ARRAY[1] AS a, 'x' AS u, ROW(1) AS r, count(*) AS k",
    );
    expect(columns.map(({ name, type, native, nullable }) => [name, type.kind, native, nullable])).toEqual([
      ['i', 'integer', 'integer', true],
      ['n', 'decimal', 'numeric(10,2)', true],
      ['v', 'text', 'character varying(7)', true],
      ['t', 'timestamp', 'timestamp(0) without time zone', true],
      ['m', 'text', 'mood', true],
      // The server sends a domain of a query as what is below it.
      ['c', 'decimal', 'numeric(12,2)', true],
      ['a', 'array', 'integer[]', true],
      ['u', 'text', 'text', true],
      ['r', 'text', 'record', true],
      ['k', 'integer', 'bigint', true],
    ]);
  });

  it('gives :since a type where the query needs one', async () => {
    const texts = [
      "SELECT 1 AS id WHERE now() >= date_trunc('day', :since)",
      "SELECT 1 AS id WHERE now() >= :since - interval '1 day'",
      'SELECT n AS id FROM generate_series(:since, 10) n',
    ];
    for (const text of texts)
      expect(
        (await queryShape(text)).columns.map(({ name }) => name),
        text,
      ).toEqual(['id']);
    await expect(queryShape('SELECT no_such_function(:since) AS id')).rejects.toMatchObject({ code: 'LIB207' });
  });

  it('refuses a column without a name, with the cure', async () => {
    const error: unknown = await queryShape('SELECT 1 AS id, 2 + 2').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LiberateError);
    expect(error).toMatchObject({ code: 'LIB207', message: 'column 2 of the query has no name', cure: 'Name it: `… AS name`.' });
  });
});
