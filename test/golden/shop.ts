import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LiberateEvent, run } from '../../src/liberate.ts';
import { shopSql } from '../fixtures/sqlite-shop.ts';
import { createDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { writeJobs } from '../support/liberate.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export const kinds: readonly DatabaseKind[] = ['postgres', 'mariadb', 'sqlite'];

export const topics = ['order_summary', 'user_profile', 'product_stock', 'customers', 'events'] as const;
export type Topic = (typeof topics)[number];

const jobs: Readonly<Record<Topic, object>> = {
  order_summary: { query: 'queries/order_summary.sql', key: 'order_id', cursor: 'updated_at' },
  user_profile: { query: 'queries/user_profile.sql', key: 'user_id', cursor: 'updated_at' },
  product_stock: { query: 'queries/product_stock.sql', key: 'product_id', cursor: 'updated_at' },
  customers: { table: 'customers', cursor: 'updated_at' },
  events: { table: 'events', cursor: 'id' },
};

const scripts = { postgres: 'postgres', mariadb: 'mysql', sqlite: 'sqlite' } as const;

/** The sample shop on one kind of database, with the jobs that publish it to files. */
export interface PublishedShop extends AsyncDisposable {
  readonly kind: DatabaseKind;
  readonly db: TestDatabase;
  readonly file: string;
  /** Runs every job once; what each published, by job. */
  run(): Promise<ReadonlyMap<string, number>>;
  /** The lines of a topic's file. */
  lines(topic: Topic): readonly string[];
}

export async function publishShop(kind: DatabaseKind): Promise<PublishedShop> {
  const db = await createDatabase[kind]();
  const directory = await temporaryDirectory();
  await db.run(shopSql(scripts[kind]));
  cpSync(fileURLToPath(new URL('../../queries', import.meta.url)), join(directory.path, 'queries'), { recursive: true });
  const file = writeJobs(directory.path, { source: { url: db.url, timezone: 'UTC' }, sink: 'ndjson:out', jobs });
  return {
    kind,
    db,
    file,
    run: async () => {
      const published = new Map<string, number>();
      const observer = (event: LiberateEvent): void => {
        if (event.type === 'cycle.end') published.set(event.report.job, event.report.published);
      };
      const { failures } = await run({ jobs: file, once: true, observer });
      const [failure] = failures.values();
      if (failure !== undefined) throw failure;
      return published;
    },
    lines: (topic) =>
      readFileSync(join(directory.path, 'out', `${topic}.ndjson`), 'utf8')
        .trimEnd()
        .split('\n'),
    [Symbol.asyncDispose]: async () => {
      await db[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
