import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/liberate.ts';
import { type OwnSession, openSqlite } from '../support/databases.ts';
import { writeJobs } from '../support/liberate.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export interface Event {
  readonly topic?: string;
  readonly key: unknown;
  readonly value: Readonly<Record<string, unknown>> | null;
  readonly timestamp: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A folder with a SQLite database `shop.db`, and jobs files that publish it to `out/`. */
export interface Place extends AsyncDisposable {
  readonly directory: string;
  readonly db: OwnSession;
  /** Writes a jobs file of these jobs and gives its path; `more` overrides source, sink and the rest. */
  jobs(jobs: object, more?: object): string;
  /** Writes any file beside it and gives its path. */
  write(name: string, text: string): string;
  path(name: string): string;
  /** The events of a topic's file, none where there is no file. */
  events(topic: string): readonly Event[];
}

export async function openPlace(sql = ''): Promise<Place> {
  const directory = await temporaryDirectory();
  const path = (name: string): string => join(directory.path, name);
  const db = openSqlite(path('shop.db'));
  await db.run(`PRAGMA journal_mode = WAL; ${sql}`);
  let number = 0;
  return {
    directory: directory.path,
    db,
    path,
    jobs: (jobs, more = {}) => {
      number += 1;
      return writeJobs(directory.path, { source: 'sqlite:shop.db', sink: 'ndjson:out', ...more, jobs }, `jobs-${number}.yaml`);
    },
    write: (name, text) => {
      writeFileSync(path(name), text);
      return path(name);
    },
    events: (topic) => (existsSync(path(`out/${topic}.ndjson`)) ? eventsOf(readFileSync(path(`out/${topic}.ndjson`), 'utf8')) : []),
    [Symbol.asyncDispose]: async () => {
      await db[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** `liberate run FILE --once` without a process of its own: for what comes before the command that a test is about. */
export async function runOnce(file: string): Promise<void> {
  const { failures } = await run({ jobs: file, once: true });
  const [failure] = failures.values();
  if (failure !== undefined) throw failure;
}

/** One event a line. */
export function eventsOf(text: string): readonly Event[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
}

/** Two tables: `orders` with a stamp, whose last two rows share it, and `payments` with ids that have a gap. */
export const smallShop = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT NOT NULL, note TEXT, total TEXT NOT NULL, big BIGINT, updated_at TIMESTAMP NOT NULL);
  CREATE INDEX orders_updated_at ON orders (updated_at, id);
  INSERT INTO orders VALUES
    (1, 'paid', NULL, '10.50', 9007199254740993, '2026-01-01 08:00:00.000001'),
    (2, 'placed', 'a "b"', '0.10', -9223372036854775808, '2026-01-02 08:00:00.000002'),
    (3, 'paid', 'é🙂', '7.00', NULL, '2026-01-03 08:00:00.000003'),
    (4, 'sent', NULL, '8.00', 4, '2026-01-03 08:00:00.000003');
  CREATE TABLE payments (id INTEGER PRIMARY KEY AUTOINCREMENT, order_id INTEGER NOT NULL, cents BIGINT NOT NULL);
  INSERT INTO payments VALUES (1, 1, 1050), (2, 2, 10), (5, 3, 700);
`;

export const orders = { table: 'orders', cursor: 'updated_at' };
export const payments = { table: 'payments', cursor: 'id' };
