import type { DatabaseKind, TestDatabase, TextRow } from '../support/databases.ts';

/** What tells the variants of the table apart: the columns of its key and how the n-th row fills them. */
export interface KeyVariant {
  readonly title: string;
  readonly columns: readonly string[];
  /** Column definitions by kind of database. */
  readonly types: Readonly<Record<DatabaseKind, readonly string[]>>;
  /** SQL expressions of the n-th row's key, over the column `n`. */
  readonly values: Readonly<Record<DatabaseKind, readonly string[]>>;
  readonly partitions: number;
  /** At the load: many once, as what they are many for does not hang on the kind of key. */
  readonly rows: number;
}

const same = (values: readonly string[]): Readonly<Record<DatabaseKind, readonly string[]>> => ({
  postgres: values,
  mariadb: values,
  sqlite: values,
});

const padded: Readonly<Record<DatabaseKind, string>> = {
  postgres: "'a/b|c,\"d\\' || chr(10) || 'é🙂 ' || n",
  mariadb: "CONCAT('a/b|c,\"d\\\\', CHAR(10), 'é🙂 ', n)",
  sqlite: "'a/b|c,\"d\\' || char(10) || 'é🙂 ' || n",
};

export const variants: readonly KeyVariant[] = [
  {
    title: 'an integer key',
    columns: ['id'],
    types: { postgres: ['bigint'], mariadb: ['bigint'], sqlite: ['INTEGER'] },
    values: same(['n']),
    partitions: 1,
    rows: 100_000,
  },
  {
    title: 'an integer key over 2^53, two partitions',
    columns: ['id'],
    types: { postgres: ['bigint'], mariadb: ['bigint'], sqlite: ['INTEGER'] },
    values: same(['9007199254740993 + n']),
    partitions: 2,
    rows: 15_000,
  },
  {
    title: 'a composite key, two partitions',
    columns: ['region', 'id'],
    types: { postgres: ['text', 'integer'], mariadb: ['varchar(20)', 'int'], sqlite: ['TEXT', 'INTEGER'] },
    values: {
      postgres: ["'r' || n % 7", '-n'],
      mariadb: ["CONCAT('r', n % 7)", '-n'],
      sqlite: ["'r' || n % 7", '-n'],
    },
    partitions: 2,
    rows: 15_000,
  },
  {
    title: 'a text key with separators, quotes and 4-byte characters',
    columns: ['id'],
    types: { postgres: ['text'], mariadb: ['varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'], sqlite: ['TEXT'] },
    values: { postgres: [padded.postgres], mariadb: [padded.mariadb], sqlite: [padded.sqlite] },
    partitions: 2,
    rows: 15_000,
  },
];

const digits =
  'SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9';

/** A table of the numbers 0 to 99,999 as column `n`, in plain SQL. */
const numbers = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n FROM (${digits}) a, (${digits}) b, (${digits}) c, (${digits}) e, (${digits}) f) numbers`;

const other: Readonly<
  Record<DatabaseKind, { readonly note: string; readonly amount: string; readonly stamp: string; readonly now: string }>
> = {
  postgres: { note: 'text', amount: 'numeric(30,10)', stamp: 'timestamptz(6)', now: 'clock_timestamp()' },
  mariadb: { note: 'text', amount: 'decimal(30,10)', stamp: 'datetime(6)', now: 'NOW(6)' },
  sqlite: { note: 'TEXT', amount: 'TEXT', stamp: 'TIMESTAMP', now: "strftime('%Y-%m-%d %H:%M:%f000', 'now')" },
};

/** A stamp shared by every ten rows, from 1969 on, so that ties and the epoch are passed. */
const oldStamp: Readonly<Record<DatabaseKind, string>> = {
  postgres: "timestamptz '1969-12-31 20:00:00.000001+00' + (n / 10) * interval '1 second'",
  mariadb: "TIMESTAMPADD(SECOND, n DIV 10, '1969-12-31 20:00:00.000001')",
  sqlite: "datetime('1969-12-31 20:00:00', '+' || (n / 10) || ' seconds') || '.000001'",
};

const amount: Readonly<Record<DatabaseKind, string>> = {
  postgres: '12345678901234567.0123456789 + n',
  mariadb: '12345678901234567.0123456789 + n',
  sqlite: "(12345678901234567 + n) || '.0123456789'",
};

/** Creates `items` and fills it with the variant's rows. */
export async function createItems(db: TestDatabase, variant: KeyVariant): Promise<void> {
  const { kind } = db;
  const key = variant.columns.map((name, at) => `${name} ${variant.types[kind][at]} NOT NULL`);
  const { note, amount: amountType, stamp } = other[kind];
  await db.run(
    `CREATE TABLE items (${key.join(', ')}, note ${note}, amount ${amountType}, updated_at ${stamp} NOT NULL, PRIMARY KEY (${variant.columns.join(', ')}));
     CREATE INDEX items_updated_at ON items (updated_at, ${variant.columns.join(', ')});`,
  );
  await insertItems(db, variant, 0, variant.rows, oldStamp[kind]);
}

/** Rows n in [from, to) with this stamp expression. */
async function insertItems(db: TestDatabase, variant: KeyVariant, from: number, to: number, stamp: string): Promise<void> {
  const { kind } = db;
  const values = variant.values[kind].map((text) => text.replace(/\bn\b/g, `(n + ${Math.floor(from / 100_000) * 100_000})`));
  const low = from % 100_000;
  await db.run(
    `INSERT INTO items (${variant.columns.join(', ')}, note, amount, updated_at)
     SELECT ${values.join(', ')}, CASE WHEN n % 3 = 0 THEN NULL ELSE 'tab\t"quote" ü' END, ${amount[kind]}, ${stamp}
     FROM ${numbers} WHERE n >= ${low} AND n < ${low + to - from};`,
  );
}

/** 1,000 inserts and 1,000 updates, each in one statement: all of them share one stamp or a few. */
export async function changeItems(db: TestDatabase, variant: KeyVariant): Promise<void> {
  const { now } = other[db.kind];
  await insertItems(db, variant, 200_000, 201_000, now);
  const first = variant.columns.join(', ');
  await db.run(
    `UPDATE items SET note = 'changed', updated_at = ${now} WHERE (${first}) IN (SELECT ${first} FROM (SELECT ${first} FROM items WHERE note IS NULL AND updated_at < '2000-01-01' ORDER BY ${first} LIMIT 1000) chosen);`,
  );
}

/** What the folded topic must hold: key → value, both as liberate prints them, built from the database's own text. */
export async function expectedItems(db: TestDatabase, variant: KeyVariant): Promise<ReadonlyMap<string, string>> {
  const columns = [...variant.columns, 'note', 'amount', 'updated_at'];
  const rows = await db.rows(`SELECT ${columns.join(', ')} FROM items`);
  const integers = new Set(variant.columns.filter((_, at) => /int/i.test(variant.types[db.kind][at] ?? '')));
  const json = (row: TextRow, at: number): string => {
    const value = row[at] ?? null;
    const name = columns[at] as string;
    if (value === null) return 'null';
    if (integers.has(name)) return value;
    if (name === 'amount') return db.kind === 'sqlite' ? JSON.stringify(value) : value;
    return JSON.stringify(name === 'updated_at' ? printedStamp(db.kind, value) : value);
  };
  const object = (row: TextRow, names: readonly string[]): string =>
    `{${names.map((name) => `${JSON.stringify(name)}:${json(row, columns.indexOf(name))}`).join(',')}}`;
  return new Map(rows.map((row) => [object(row, variant.columns), object(row, columns)]));
}

function printedStamp(kind: DatabaseKind, text: string): string {
  switch (kind) {
    case 'postgres':
      return `${text.replace(' ', 'T').replace(/\+00$/, '')}Z`;
    case 'mariadb':
      return text.replace(' ', 'T');
    case 'sqlite':
      return text;
  }
}
