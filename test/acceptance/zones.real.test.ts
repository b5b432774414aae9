import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/liberate.ts';
import { createDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Published {
  readonly id: number;
  readonly at: string;
  /** The record's time in UTC; null: the time at which it was read. */
  readonly time: string | null;
}

/** Runs one job of `stamps (id, at)` once, into files; the events by now, in order. */
async function publisher(db: TestDatabase, source: object): Promise<{ once(): Promise<readonly Published[]> } & AsyncDisposable> {
  const directory = await temporaryDirectory();
  const began = Date.now();
  const jobs = {
    source: { url: db.url, ...source },
    sink: 'ndjson:out',
    jobs: { stamps: { table: 'stamps', key: 'id', cursor: 'at', mode: 'timestamp' } },
  };
  return {
    once: async () => {
      const { failures } = await run({ jobs, directory: directory.path, once: true });
      for (const failure of failures.values()) throw failure;
      const lines = readFileSync(join(directory.path, 'out/stamps.ndjson'), 'utf8').trimEnd().split('\n');
      return lines.map((line) => {
        const { value, timestamp } = JSON.parse(line) as {
          readonly value: { readonly id: number; readonly at: string };
          readonly timestamp: string;
        };
        const time = Date.parse(timestamp);
        return { ...value, time: time >= began && time <= Date.now() ? null : new Date(time).toISOString() };
      });
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

const stampTypes: Readonly<Record<DatabaseKind, string>> = { postgres: 'timestamp', mariadb: 'datetime(6)', sqlite: 'DATETIME' };

/** Local times, with their instants in Europe/Berlin, where clocks go forward at 2026-03-29 02:00 and back at 2026-10-25 03:00. */
const local: readonly (readonly [at: string, time: string | null])[] = [
  ['0001-01-01 00:00:00', '1970-01-01T00:00:00.000Z'],
  ['1969-12-31 23:59:59.999999', '1970-01-01T00:00:00.000Z'],
  ['2026-01-01 00:00:00.000001', '2025-12-31T23:00:00.000Z'],
  ['2026-03-29 01:59:59.999999', '2026-03-29T00:59:59.999Z'],
  // Skipped: with the offset of before.
  ['2026-03-29 02:30:00', '2026-03-29T01:30:00.000Z'],
  ['2026-03-29 03:00:00', '2026-03-29T01:00:00.000Z'],
  ['2026-10-25 01:59:59', '2026-10-24T23:59:59.000Z'],
  // Shown twice: the first.
  ['2026-10-25 02:30:00', '2026-10-25T00:30:00.000Z'],
  ['2026-10-25 03:00:00', '2026-10-25T02:00:00.000Z'],
  ['9999-12-31 23:59:59.999999', '9999-12-31T22:59:59.999Z'],
];

const beyond: Readonly<Record<DatabaseKind, readonly (readonly [at: string, time: string | null])[]>> = {
  postgres: [
    ['-infinity', null],
    ['0044-03-15 12:00:00 BC', null],
    ['10000-01-01 00:00:00', null],
    ['infinity', null],
  ],
  mariadb: [
    ['0000-00-00 00:00:00', null],
    ['2026-00-10 01:02:03', null],
  ],
  sqlite: [['tomorrow', null]],
};

describe.each(['postgres', 'mariadb', 'sqlite'] as const)('stamps without a zone, on %s', (kind) => {
  it('keep their text, and tell their instant in the zone of the source, whatever the session has', async () => {
    await using db = await createDatabase[kind]();
    if (kind === 'mariadb') await db.run("SET sql_mode = ''");
    if (kind === 'postgres') await db.run(`ALTER DATABASE ${db.name} SET TimeZone = 'America/New_York'`);
    const session = {
      postgres: ["SET TimeZone = 'Asia/Tokyo'"],
      mariadb: ["SET time_zone = '-08:00'"],
      sqlite: ['PRAGMA cache_size = 100'],
    };
    const rows = [...local, ...beyond[kind]];
    await db.run(`CREATE TABLE stamps (id ${kind === 'sqlite' ? 'INTEGER' : 'integer'} PRIMARY KEY, at ${stampTypes[kind]} NOT NULL)`);
    await db.run(`INSERT INTO stamps VALUES ${rows.map(([at], id) => `(${id}, '${at}')`).join(', ')}`);
    await using published = await publisher(db, { timezone: 'Europe/Berlin', session: session[kind] });
    const found = [...(await published.once())].sort((a, b) => a.id - b.id);
    expect(found.map(({ time }, id) => [rows[id]?.[0], time])).toEqual(rows);
    const plain = (at: string): string => at.replace('T', ' ').replace(/\.0+$/, '');
    expect(found.map(({ at }) => plain(at))).toEqual(rows.map(([at]) => at));
    // The mark stands at the last of them, which for PostgreSQL is infinity: what is written now comes all the same.
    const now = { postgres: "now() AT TIME ZONE 'Europe/Berlin'", mariadb: "'9999-12-31 23:59:59.999999'", sqlite: "'tomorrow'" };
    await db.run(`INSERT INTO stamps VALUES (100, ${now[kind]})`);
    const again = await published.once();
    expect(again.slice(rows.length).map(({ id }) => id)).toEqual([100]);
    expect(await published.once()).toHaveLength(rows.length + 1);
  });
});

it("stamps without a zone, where none is named, tell their instant in the server's own", async () => {
  await using db = await createDatabase.postgres();
  await db.run(`ALTER DATABASE ${db.name} SET TimeZone = 'America/New_York'`);
  await db.run("CREATE TABLE stamps (id integer PRIMARY KEY, at timestamp NOT NULL); INSERT INTO stamps VALUES (1, '2026-07-01 00:00:00')");
  await using published = await publisher(db, {});
  expect(await published.once()).toEqual([{ id: 1, at: '2026-07-01T00:00:00', time: '2026-07-01T04:00:00.000Z' }]);
});

it('a stamp without a zone that commits late, in another zone than the session, is published', async () => {
  await using db = await createDatabase.postgres();
  await db.run(`ALTER DATABASE ${db.name} SET TimeZone = 'America/New_York'`);
  await db.run('CREATE TABLE stamps (id integer PRIMARY KEY, at timestamp NOT NULL)');
  const now = "clock_timestamp() AT TIME ZONE 'Europe/Berlin'";
  await using published = await publisher(db, { timezone: 'Europe/Berlin', session: ["SET TimeZone = 'Asia/Tokyo'"] });
  await using late = await db.connect();
  await late.run(`BEGIN; INSERT INTO stamps VALUES (1, ${now})`);
  await db.run(`INSERT INTO stamps VALUES (2, ${now})`);
  expect((await published.once()).map(({ id }) => id)).toEqual([2]);
  await late.run('COMMIT');
  expect((await published.once()).map(({ id }) => id)).toEqual([2, 1]);
});
