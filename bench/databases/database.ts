import type { Dump, Rows, Shape } from './shape.ts';

export type Kind = 'pg' | 'mariadb' | 'sqlite';

export interface Database extends AsyncDisposable {
  readonly kind: Kind;
  readonly title: string;
  readonly version: string;
  /** For a jobs file. */
  readonly url: string;
  run(sql: string): Promise<void>;
  /** Makes the table anew, empty, with a primary key and an index on `updated_at`. */
  create(table: string, shape: Shape): Promise<void>;
  /** One statement and one commit. */
  insert(rows: Rows): Promise<void>;
  /** After a load: statistics, and whatever the first reader would otherwise do. */
  settle(table: string): Promise<void>;
  /** The rows with ids above `after`. */
  dump(table: string, shape: Shape, after: number): Dump;
}

/** Most rows of one INSERT: it bounds what the server keeps for a rollback. */
const chunk = 250_000;

/** A table of that many rows, ids from 1. */
export async function load(database: Database, table: string, shape: Shape, rows: number): Promise<void> {
  await database.create(table, shape);
  for (let from = 1; from <= rows; from += chunk) {
    await database.insert({ table, shape, from, to: Math.min(rows, from + chunk - 1), stamp: 'seeded' });
  }
  await database.settle(table);
}

/** Text as one word of the shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
