import type { ErrorCode } from '../../src/kit/errors.ts';
import type { ColumnType } from '../../src/model/column.ts';

/** What the suite's SQL must say in another way on another database. */
export interface Dialect {
  /** A number of 64 bits. */
  readonly bigint: string;
  /** A stamp with microseconds that also holds years before 1970. Inserted as `'2026-01-01 00:00:00.000000'`, which means UTC. */
  readonly stamp: string;
  readonly text: string;
  /** A number with digits behind the point. */
  readonly fraction: string;
  readonly boolean: string;
  /** Its true and its false. */
  readonly booleans: readonly [string, string];
  /** Bytes compared one by one. */
  readonly textKey: string;
  readonly quote: '"' | '`';
  /** A SELECT of the numbers 1 to `count` as a column named `n`. */
  series(count: number): string;
  /** 1,000 bytes of text that depend on `n`. */
  readonly kilobyte: string;
  /** A stamp as the server makes it for a row, to the microsecond if it can. */
  readonly now: string;
  /** A query (one column `id`) that gives its first row after a minute; null: nothing can interrupt the server. */
  readonly slowQuery: string | null;
  /** A condition that takes 5 s a row; null: the database has none. */
  readonly slowRow: string | null;
  /** Counts the slow queries that run on the server, in this database. */
  readonly slowRunning: string;
  /** Brings what the planner knows of a table up to date. */
  analyse(table: string): string;
  readonly version: RegExp;
  /** Schema part of the names that `tables` gives, for a database of this name. */
  schema(database: string): string | null;
  readonly kinds: { readonly bigint: ColumnType['kind']; readonly stamp: ColumnType['kind']; readonly text: ColumnType['kind'] };
  readonly unknownColumn: ErrorCode;
}

export const postgresDialect: Dialect = {
  bigint: 'bigint',
  stamp: 'timestamptz',
  text: 'text',
  fraction: 'numeric',
  boolean: 'boolean',
  booleans: ['true', 'false'],
  textKey: 'text COLLATE "C"',
  quote: '"',
  series: (count) => `SELECT n FROM generate_series(1, ${count}) n`,
  kilobyte: "rpad(n::text, 1000, 'x')",
  now: 'now()',
  slowQuery: 'SELECT 1 AS id FROM pg_sleep(60) AS liberate_slow',
  slowRow: 'pg_sleep(5) IS NOT NULL',
  slowRunning: "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
  analyse: (table) => `ANALYZE ${table}`,
  version: /^PostgreSQL \d+\.\d+$/,
  schema: () => 'public',
  kinds: { bigint: 'integer', stamp: 'timestamptz', text: 'text' },
  unknownColumn: 'LIB204',
};

export const mysqlDialect: Dialect = {
  bigint: 'bigint',
  stamp: 'datetime(6)',
  text: 'longtext',
  fraction: 'double',
  boolean: 'bit(1)',
  booleans: ["b'1'", "b'0'"],
  textKey: 'varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  quote: '`',
  series: (count) => `SELECT seq AS n FROM seq_1_to_${count}`,
  kilobyte: "rpad(n, 1000, 'x')",
  now: 'now(6)',
  slowQuery: 'SELECT 1 AS id FROM (SELECT sleep(60) AS liberate_slow) s',
  slowRow: 'sleep(5) = 0',
  slowRunning: "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%liberate_slow%' AND id <> connection_id()",
  analyse: (table) => `ANALYZE TABLE ${table}`,
  version: /^(MySQL|MariaDB) \d+\.\d+\.\d+/,
  schema: (database) => database,
  kinds: { bigint: 'integer', stamp: 'timestamp', text: 'text' },
  unknownColumn: 'LIB204',
};

export const sqliteDialect: Dialect = {
  bigint: 'INTEGER',
  stamp: 'TIMESTAMP',
  text: 'TEXT',
  fraction: 'REAL',
  boolean: 'BOOLEAN',
  booleans: ['TRUE', 'FALSE'],
  textKey: 'TEXT',
  quote: '"',
  series: (count) => `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${count}) SELECT n FROM s`,
  kilobyte: "printf('%-1000d', n)",
  now: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
  slowQuery: null,
  slowRow: null,
  slowRunning: 'SELECT 0',
  analyse: (table) => `ANALYZE ${table}`,
  version: /^SQLite 3\./,
  schema: () => null,
  kinds: { bigint: 'dynamic', stamp: 'dynamic', text: 'dynamic' },
  unknownColumn: 'LIB204',
};
