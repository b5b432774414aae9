import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { type Database, quoted } from './database.ts';
import { type Column, columnsOf, type Rows, type Shape, sentences } from './shape.ts';

const dumpProgram = fileURLToPath(new URL('sqlite-dump.cjs', import.meta.url));

export async function openSqlite(directory: string): Promise<Database> {
  const path = join(directory, 'bench.db');
  const database = new Sqlite(path);
  database.pragma('journal_mode = WAL');
  database.function('md5', { deterministic: true }, md5);
  database.function('uuid', { deterministic: true }, (text: unknown) => md5(text).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  const run = async (sql: string): Promise<void> => void database.exec(sql);
  return {
    kind: 'sqlite',
    title: 'SQLite',
    version: String(database.prepare('SELECT sqlite_version()').pluck().get()),
    url: `sqlite:${path}`,
    run,
    create: (table, shape) => {
      const columns = select(shape).map(([name, { type }]) => `${name} ${type} NOT NULL`);
      return run(
        `DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (${columns.join(', ')}, PRIMARY KEY (id));
         CREATE INDEX ${table}_updated_at ON ${table} (updated_at, id)`,
      );
    },
    insert: (rows) => run(insert(rows)),
    // The log into the file, so that it grows with no one reading it.
    settle: (table) => run(`ANALYZE ${table}; PRAGMA wal_checkpoint(TRUNCATE)`),
    dump: (table, shape, after) => {
      const sql = `SELECT ${columnsOf[shape].join(', ')} FROM ${table} WHERE id > ${after}`;
      return { command: [process.execPath, dumpProgram, path, sql].map(quoted).join(' '), env: {} };
    },
    [Symbol.asyncDispose]: async () => void database.close(),
  };
}

/** SQLite has neither of these of its own. */
const md5 = (text: unknown): string => createHash('md5').update(String(text)).digest('hex');

const instant = `strftime('%Y-%m-%d %H:%M:%S', 1735689600 + i, 'unixepoch')`;

const columns = (notes: number): Readonly<Record<string, Column>> => ({
  id: { type: 'INTEGER', value: 'i' },
  public_id: { type: 'TEXT', value: `uuid('public' || i)` },
  email: { type: 'TEXT', value: `'customer.' || i || '@mail-' || (i % 97) || '.example.org'` },
  note: {
    type: 'TEXT',
    // SQLite has no repeat().
    value: `replace(hex(zeroblob(${notes})), '00', 'Order ' || i || ' of Renée: leave it next door, ring twice. ' || md5('note' || i) || ' ')`,
  },
  amount: { type: 'TEXT', value: `printf('%.2f', (i * 7919 % 10000000) / 100.0)` },
  quantity: { type: 'INTEGER', value: `i * 31 % 1000` },
  active: { type: 'BOOLEAN', value: `i % 3 <> 0` },
  created_at: { type: 'TIMESTAMP', value: `${instant} || '.000000'` },
  day: { type: 'DATE', value: `date('2025-01-01', (i % 365) || ' days')` },
  updated_at: { type: 'TIMESTAMP', value: `${instant} || printf('.%06d', i * 7919 % 1000000)` },
});

const now = `strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'`;

function select(shape: Shape): readonly (readonly [string, Column])[] {
  const all = columns(sentences[shape]);
  return columnsOf[shape].map((name) => [name, all[name] as Column] as const);
}

function insert({ table, shape, from, to, stamp }: Rows): string {
  const values = select(shape).map(([name, { value }]) => (stamp === 'now' && name === 'updated_at' ? now : value));
  return `WITH RECURSIVE n (i) AS (VALUES (${from}) UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
    INSERT INTO ${table} SELECT ${values.join(', ')} FROM n`;
}
