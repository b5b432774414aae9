import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ConnectRecord, readByConnect } from '../foreign/java.ts';
import { createPostgres, type TestDatabase } from '../support/databases.ts';
import { liberate, writeJobs } from '../support/liberate.ts';
import { registryUrl } from '../support/registry.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopicBytes, type TopicRecord, uniqueTopic } from '../support/topics.ts';

const { brokers } = inject('servers').kafka;

/** A first run fetches the jars. */
const timeout = 600_000;

let db: TestDatabase;
let directory: TemporaryDirectory;
let url: string;

beforeAll(async () => {
  url = await registryUrl();
  db = await createPostgres();
  directory = await temporaryDirectory();
}, timeout);
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const formats = ['connect', 'avro'] as const;
type Records = readonly TopicRecord<Buffer>[];

interface Streams {
  readonly table: string;
  /** By timestamp, with soft deletes; by id; a load, whose later runs find what is gone. */
  readonly polled: Records;
  readonly ids: Records;
  readonly loaded: Records;
}

const columns = `id bigint PRIMARY KEY, status varchar(20) NOT NULL, note text, total numeric(30,10), paid boolean NOT NULL,
  day date, at timestamp(6), raw bytea, updated_at timestamptz(6) NOT NULL, gone boolean NOT NULL DEFAULT false`;

/** Rows that are read, created, updated and deleted, each run of liberate a process of its own. */
async function publish(format: (typeof formats)[number]): Promise<Streams> {
  const table = uniqueTopic('orders').replaceAll('-', '_');
  await db.run(`CREATE TABLE ${table} (${columns});
    INSERT INTO ${table} VALUES
      (9223372036854775807, 'placed', 'é🙂 "before":null', 12345678901234567890.0000000001, false, '0001-01-01', '9999-12-31 23:59:59.999999', '\\x00ff', '2026-01-01 08:00:00.000001Z'),
      (2, 'paid', '', -0.5, true, '9999-12-31', '0001-01-01 00:00:00.000001', '\\x', '2026-01-02 08:00:00.123456Z'),
      (3, 'sent', NULL, NULL, true, NULL, NULL, NULL, '2026-01-03 08:00:00Z')`);
  const shared = { table, columns: { exclude: ['gone'] } };
  const topic = (name: string): string => `${table}.${name}`;
  const file = writeJobs(
    directory.path,
    {
      source: db.url,
      sink: { brokers, topicDefaults: { partitions: 1, replication: 1 }, registry: { url } },
      state: `sqlite:${directory.path}/${table}.db`,
      defaults: { format, envelope: 'debezium', retries: 0 },
      jobs: {
        polled: { ...shared, topic: topic('polled'), cursor: 'updated_at', deleted: 'gone' },
        ids: { ...shared, topic: topic('ids'), mode: 'incrementing', cursor: 'id' },
        loaded: { ...shared, topic: topic('loaded'), where: 'NOT gone' },
      },
    },
    `${table}.yaml`,
  );
  const once = async (): Promise<void> => {
    const { code, stderr } = await liberate(['run', file, '--once']);
    expect(code, stderr).toBe(0);
  };
  await once();
  await db.run(`UPDATE ${table} SET status = 'shipped', updated_at = '2026-02-01T00:00:00.5Z' WHERE id = 2;
    INSERT INTO ${table} VALUES (9223372036854775806, 'late', 'x', 0, false, NULL, NULL, NULL, '2026-02-02Z')`);
  await once();
  await db.run(`UPDATE ${table} SET gone = true, updated_at = '2026-03-01Z' WHERE id = 3`);
  await once();
  const [polled, ids, loaded] = await Promise.all(['polled', 'ids', 'loaded'].map((name) => readTopicBytes(brokers, topic(name))));
  return { table, polled: polled ?? [], ids: ids ?? [], loaded: loaded ?? [] };
}

const micros = (column: string): string => `(extract(epoch FROM ${column}) * 1000000)::numeric(30,0)::text`;

/** The rows as PostgreSQL itself tells what Kafka Connect should hold of them. */
async function rowsOf(table: string, format: (typeof formats)[number]): Promise<ReadonlyMap<string, object>> {
  const stamp = (column: string, zoned: boolean): string => {
    if (format === 'avro') return `json_build_object('int64', ${micros(column)})`;
    if (!zoned) return `json_build_object('io.debezium.time.MicroTimestamp', ${micros(column)})`;
    const iso = `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`;
    return `json_build_object('io.debezium.time.ZonedTimestamp', regexp_replace(${iso}, '\\.?0+$', '') || 'Z')`;
  };
  const known = (column: string, json: string): string => `'${column}', CASE WHEN ${column} IS NOT NULL THEN ${json} END`;
  const rows = await db.rows(`SELECT id, json_build_object(
      ${known('id', "json_build_object('int64', id::text)")}, ${known('status', "json_build_object('string', status)")},
      ${known('note', "json_build_object('string', note)")}, ${known('total', "json_build_object('decimal', total::text)")},
      ${known('paid', "json_build_object('boolean', paid::text)")},
      ${known('day', "json_build_object('org.apache.kafka.connect.data.Date', ((day - DATE '1970-01-01')::bigint * 86400000)::text)")},
      ${known('at', stamp('at', false))}, ${known('raw', "json_build_object('bytes', encode(raw, 'hex'))")},
      ${known('updated_at', stamp('updated_at', true))})
    FROM ${table} WHERE NOT gone`);
  return new Map(rows.map(([id, json]) => [id as string, JSON.parse(json as string) as object]));
}

const keyOf = ({ key }: ConnectRecord): string => String((key?.['id'] as { readonly int64?: string } | undefined)?.int64);

/** What a sink has that upserts each row and deletes at a record without one. */
function folded(records: readonly (ConnectRecord | null)[]): ReadonlyMap<string, object> {
  const table = new Map<string, object>();
  for (const record of records) {
    if (record === null) continue;
    if (record.value === null) table.delete(keyOf(record));
    else table.set(keyOf(record), Object.fromEntries(Object.entries(record.value).filter(([name]) => !name.startsWith('__'))));
  }
  return table;
}

describe.each(formats)("Debezium's ExtractNewRecordState, of records in %s", (format) => {
  let streams: Streams;
  beforeAll(async () => {
    streams = await publish(format);
  }, timeout);
  const unwrap = (records: Records, settings: readonly Readonly<Record<string, string>>[]) =>
    readByConnect(format === 'connect' ? 'json' : { registry: url.replace(/\/ccompat\/v7$/, '/registry') }, records, settings);

  it('gives back the table, its deletes with it', { timeout }, async () => {
    const { table, polled, loaded } = streams;
    const rows = await rowsOf(table, format);
    expect(rows.size).toBe(3);
    const [given = []] = await unwrap([...polled, ...loaded], [{}]);
    expect(folded(given.slice(0, polled.length))).toEqual(rows);
    expect(folded(given.slice(polled.length))).toEqual(rows);
  });

  it('adds to each row the operation and the time of its source', { timeout }, async () => {
    const { polled, ids } = streams;
    const settings = { 'add.fields': 'op,source.ts_ms,source.table,ts_ms', 'add.headers': 'op,source.name' };
    const [records = []] = await unwrap([...polled, ...ids], [settings]);
    const told = records.map((record) => record?.value?.['__op'] ?? record?.headers['__op'] ?? null);
    const [r, u, c] = ['r', 'u', 'c'].map((op) => ({ string: op }));
    expect(told).toEqual([r, r, r, u, u, 'd', null, r, r, r, c]);
    const [first] = records;
    expect(first?.value).toMatchObject({
      __source_ts_ms: { int64: String(Date.parse('2026-01-01T08:00:00Z')) },
      __source_table: { string: streams.table },
      __ts_ms: { int64: expect.stringMatching(/^\d{13}$/) },
    });
    expect(first?.headers).toEqual({ __op: 'r', __source_name: 'default' });
  });

  it('makes of a delete and its tombstone what delete.tombstone.handling.mode says', { timeout }, async () => {
    const key = { id: { int64: '3' } };
    const tombstone = { key, value: null };
    const rewritten = { key, value: { ...key, __deleted: { string: 'true' } } };
    const modes = {
      drop: [null, null],
      tombstone: [tombstone, null],
      rewrite: [rewritten, null],
      'rewrite-with-tombstone': [rewritten, tombstone],
      'delete-to-tombstone': [tombstone, null],
    };
    const pairs = [streams.polled, streams.loaded].flatMap((records) => {
      const at = records.findIndex(({ value }) => value === null);
      return records.slice(at - 1, at + 1);
    });
    const names = Object.keys(modes) as (keyof typeof modes)[];
    const given = await unwrap(
      pairs,
      names.map((mode) => ({ 'delete.tombstone.handling.mode': mode })),
    );
    const told = names.map((mode, at) => [mode, given[at]?.map((record) => record && { key: record.key, value: record.value })]);
    expect(told).toEqual(names.map((mode) => [mode, [...modes[mode], ...modes[mode]]]));
  });
});
