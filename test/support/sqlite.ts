import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { OwnSession, TestDatabase, TextRow } from './database.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export async function createSqlite(): Promise<TestDatabase> {
  const directory = await temporaryDirectory('liberate-sqlite-');
  const path = join(directory.path, 'test.db');
  const first = openSqlite(path);
  return {
    kind: 'sqlite',
    url: `sqlite:${path}`,
    name: path,
    run: first.run,
    rows: first.rows,
    connect: async () => openSqlite(path),
    [Symbol.asyncDispose]: async () => {
      await first[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

export function openSqlite(path: string): OwnSession {
  const database = new Database(path);
  database.defaultSafeIntegers(true);
  return {
    run: async (sql) => {
      database.exec(sql);
    },
    rows: async (sql) => {
      const rows = database.prepare<[], unknown[]>(sql).raw().all();
      return rows.map((row): TextRow => row.map(text));
    },
    [Symbol.asyncDispose]: async () => {
      database.close();
    },
  };
}

function text(value: unknown): string | null {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  // A whole REAL is 1.0 in SQLite's own words; INTEGERs come as bigint.
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e15) return value.toFixed(1);
  return String(value);
}
