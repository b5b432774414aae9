import pg from 'pg';
import { type Database, quoted } from './database.ts';
import { type Column, columnsOf, type Rows, type Shape, sentences } from './shape.ts';

export async function openPostgres(administrator: string): Promise<Database> {
  const url = new URL(administrator);
  await once(url.href, 'CREATE DATABASE bench');
  url.pathname = '/bench';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  const env = { PGPASSWORD: decodeURIComponent(url.password) };
  return {
    kind: 'pg',
    title: 'PostgreSQL',
    version: rows[0]?.server_version ?? 'unknown',
    url: url.href,
    run: async (sql) => void (await client.query(sql)),
    create: async (table, shape) => {
      const columns = select(shape).map(([name, { type }]) => `${name} ${type} NOT NULL`);
      await client.query(`DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (${columns.join(', ')}, PRIMARY KEY (id))`);
      await client.query(`CREATE INDEX ON ${table} (updated_at, id)`);
    },
    insert: async (rows) => void (await client.query(insert(rows))),
    settle: async (table) => void (await client.query(`VACUUM ANALYZE ${table}`)),
    dump: (table, _shape, after) => {
      const sql = `COPY (SELECT id::text, row_to_json(o)::text FROM ${table} o WHERE id > ${after}) TO STDOUT`;
      const target = `host=${url.hostname} port=${url.port} user=${decodeURIComponent(url.username)} dbname=bench`;
      return { command: `psql -X -q -d ${quoted(target)} -c ${quoted(sql)}`, env };
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function once(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const columns = (notes: number): Readonly<Record<string, Column>> => ({
  id: { type: 'bigint', value: 'i' },
  public_id: { type: 'uuid', value: `md5('public' || i)::uuid` },
  email: { type: 'varchar(100)', value: `'customer.' || i || '@mail-' || (i % 97) || '.example.org'` },
  note: {
    type: 'text',
    value: `repeat('Order ' || i || ' of Renée: leave it next door, ring twice. ' || md5('note' || i) || ' ', ${notes})`,
  },
  amount: { type: 'numeric(12,2)', value: `(i::bigint * 7919 % 10000000)::numeric / 100` },
  quantity: { type: 'int', value: `(i::bigint * 31 % 1000)` },
  active: { type: 'boolean', value: `i % 3 <> 0` },
  created_at: { type: 'timestamptz', value: `timestamptz '2025-01-01 00:00:00Z' + i * interval '1 second'` },
  day: { type: 'date', value: `date '2025-01-01' + i % 365` },
  updated_at: {
    type: 'timestamptz',
    value: `timestamptz '2025-01-01 00:00:00Z' + i * interval '1 second' + (i::bigint * 7919 % 1000000) * interval '1 microsecond'`,
  },
});

function select(shape: Shape): readonly (readonly [string, Column])[] {
  const all = columns(sentences[shape]);
  return columnsOf[shape].map((name) => [name, all[name] as Column] as const);
}

function insert({ table, shape, from, to, stamp }: Rows): string {
  const values = select(shape).map(([name, { value }]) => (stamp === 'now' && name === 'updated_at' ? 'now()' : value));
  return `INSERT INTO ${table} SELECT ${values.join(', ')} FROM generate_series(${from}, ${to}) i`;
}
