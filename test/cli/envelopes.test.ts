import { type CloudEventV1, Kafka } from 'cloudevents';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Finished, liberate } from '../support/liberate.ts';
import { type Event, openPlace, type Place, runOnce } from './place.ts';

vi.setConfig({ testTimeout: 240_000 });

const items = `
  CREATE TABLE items (id INTEGER PRIMARY KEY, body TEXT, after TEXT, gone INTEGER NOT NULL DEFAULT 0, updated_at TIMESTAMP NOT NULL);
  INSERT INTO items (id, body, after, updated_at) VALUES
    (1, 'one', '"before":null,"after":{"x":1}', '2026-01-01 08:00:00.000001'),
    (2, 'é🙂', '","data":{', '2026-01-02 08:00:00.000002'),
    (3, NULL, NULL, '2026-01-03 08:00:00.000003');
`;
const changes = `
  UPDATE items SET body = 'uno', updated_at = '2026-02-01 00:00:00' WHERE id = 1;
  INSERT INTO items (id, body, updated_at) VALUES (4, 'four', '2026-02-02 00:00:00');
`;
const jobs = {
  polled: { table: 'items', cursor: 'updated_at', deleted: 'gone', columns: { exclude: ['gone'] } },
  loaded: { table: 'items', columns: { exclude: ['gone'] } },
  ids: { table: 'items', cursor: 'id', reconcile: '1h', columns: { exclude: ['gone'] } },
};

let place: Place;
beforeEach(async () => {
  place = await openPlace(items);
});
afterEach(() => place[Symbol.asyncDispose]());

type Row = Readonly<Record<string, unknown>>;
const rowsOf = async (): Promise<readonly Row[]> => {
  const { stdout } = await liberate([
    'preview',
    place.jobs({ plain: { table: 'items', columns: { exclude: ['gone'] }, where: 'gone = 0' } }),
    '--rows',
    '100',
  ]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as Event).value as Row);
};
const valueIn = (event: Event | undefined): Row => event?.value ?? {};
const verified = async (file: string, job: string): Promise<unknown> =>
  JSON.parse((await liberate(['verify', file, '--job', job, '--json'])).stdout);

/** A topic, folded: the row after, nothing of a delete, and what a tombstone removes. */
function folded(events: readonly Event[]): readonly Row[] {
  const table = new Map<string, Row>();
  for (const { key, value } of events) {
    const name = JSON.stringify(key);
    const op = value?.['op'];
    if (value === null || op === 'd') table.delete(name);
    else table.set(name, value['after'] as Row);
  }
  return [...table.values()].sort((a, b) => Number(a['id']) - Number(b['id']));
}

describe('the envelope of Debezium', () => {
  test('tells what was read, created, updated and deleted, each delete before its tombstone, and folds to the table', async () => {
    const file = place.jobs(jobs, { defaults: { envelope: 'debezium' } });
    await runOnce(file);
    await place.db.run(changes);
    await runOnce(file);
    await place.db.run("UPDATE items SET gone = 1, updated_at = '2026-03-01 00:00:00' WHERE id = 2; DELETE FROM items WHERE id = 3");
    await runOnce(file);
    const ops = (topic: string): readonly string[] =>
      place.events(topic).map(({ key, value }) => `${String((key as Row)['id'])} ${value === null ? 'tombstone' : String(value['op'])}`);
    expect(ops('polled')).toEqual(['1 r', '2 r', '3 r', '1 u', '4 u', '2 d', '2 tombstone']);
    expect(ops('loaded')).toEqual(['1 r', '2 r', '3 r', '1 u', '4 u', '3 d', '3 tombstone', '2 u']);
    expect(ops('ids').slice(0, 4)).toEqual(['1 r', '2 r', '3 r', '4 c']);
    const [first, , , update] = place.events('polled');
    const { ts_ms: now, ts_us: _, ts_ns: __, ...rest } = valueIn(first);
    expect(now).toBeGreaterThan(Date.parse('2026-01-01'));
    const at = Date.parse('2026-01-01T08:00:00Z');
    expect(rest).toEqual({
      before: null,
      after: { id: 1, body: 'one', after: '"before":null,"after":{"x":1}', updated_at: '2026-01-01 08:00:00.000001' },
      source: {
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        connector: 'sqlite',
        name: 'default',
        ts_ms: at,
        ts_us: at * 1000,
        ts_ns: at * 1_000_000,
        snapshot: 'true',
        db: expect.any(String),
        sequence: null,
        schema: expect.any(String),
        table: 'items',
      },
      transaction: null,
      op: 'r',
    });
    expect(valueIn(update)['source']).toMatchObject({ snapshot: 'false' });
    const [gone, tombstone] = place.events('polled').slice(-2);
    expect(gone?.value).toMatchObject({ op: 'd', before: { id: 2 }, after: null });
    expect([gone?.headers['liberate.op'], tombstone?.headers['liberate.op'], update?.headers['liberate.op']]).toEqual([
      'delete',
      'delete',
      'upsert',
    ]);
    const rows = await rowsOf();
    expect(folded(place.events('polled')).filter(({ id }) => id !== 3)).toEqual(rows);
    expect(folded(place.events('loaded')).filter(({ id }) => id !== 2)).toEqual(rows);
  });
});

describe.each(['none', 'debezium', 'cloudevents', 'cloudevents-structured'])('envelope %s', (envelope) => {
  test('says of no row that it has changed when only the time has, whichever way the rows are compared', async () => {
    const file = place.jobs(jobs, { defaults: { envelope } });
    await runOnce(file);
    const lines = (): readonly number[] => Object.keys(jobs).map((topic) => place.events(topic).length);
    const before = lines();
    await runOnce(file);
    await runOnce(file);
    expect(lines()).toEqual(before);
    for (const job of Object.keys(jobs))
      expect(await verified(file, job), job).toMatchObject({ same: true, missing: 0, stale: 0, extra: 0 });
    await place.db.run(`${changes} DELETE FROM items WHERE id = 3`);
    expect(await verified(file, 'loaded')).toMatchObject({ same: false, missing: 1, stale: 1, extra: 1 });
    const repaired = await liberate(['verify', file, '--job', 'loaded', '--repair', '--json']);
    expect(JSON.parse(repaired.stdout)).toMatchObject({ same: true, repaired: { published: 2, tombstones: 1 } });
    expect(await verified(file, 'loaded')).toMatchObject({ same: true, missing: 0, stale: 0, extra: 0 });
    await runOnce(file);
    expect(await verified(file, 'loaded')).toMatchObject({ same: true });
    const backfilled = await liberate(['backfill', file, '--job', 'polled']);
    expect(backfilled.code, backfilled.stderr).toBe(0);
    // What was deleted for good no poll sees.
    expect(await verified(file, 'polled')).toMatchObject({ missing: 0, stale: 0, extra: 1 });
  });

  test('replays dead letters', async () => {
    await place.db.run("UPDATE items SET body = 'many' WHERE id = 3; UPDATE items SET body = '7' WHERE id <> 3");
    const cast = { columns: { exclude: ['gone'], cast: { body: 'integer' } }, onBadRow: 'deadletter' };
    const file = place.jobs({ polled: { ...jobs.polled, ...cast } }, { defaults: { envelope } });
    await runOnce(file);
    await place.db.run("UPDATE items SET body = '12' WHERE id = 3");
    const replayed: Finished = await liberate(['deadletters', 'replay', file, '--job', 'polled', '--json']);
    expect(JSON.parse(replayed.stdout), replayed.stderr).toMatchObject({ letters: 1, published: 1, left: 0 });
    expect(await verified(file, 'polled')).toMatchObject({ same: true });
  });
});

/** As a Kafka client gives it to the CloudEvents SDK, which reads no tombstone. */
function cloudEvents(events: readonly Event[]): readonly CloudEventV1<Row>[] {
  return events
    .filter(({ value }) => value !== null)
    .map(({ key, value, headers }) => {
      const body = JSON.stringify(value);
      const message = { key: JSON.stringify(key), value: body, headers, body, timestamp: '' };
      return Kafka.toEvent<Row>(message) as CloudEventV1<Row>;
    });
}

const idsOf = (events: readonly Event[]): readonly unknown[] =>
  events
    .filter(({ value, headers }) => value !== null || headers['ce_id'] !== undefined)
    .map(({ value, headers }) => headers['ce_id'] ?? value?.['id']);

describe.each(['cloudevents', 'cloudevents-structured'])('envelope %s, read by the SDK of CloudEvents', (envelope) => {
  test('has ids of their own that stay when an event is sent again, the row as its data, and deletes without any', async () => {
    const file = place.jobs({ polled: jobs.polled }, { defaults: { envelope } });
    await runOnce(file);
    await place.db.run("UPDATE items SET gone = 1, updated_at = '2026-03-01 00:00:00' WHERE id = 2");
    await runOnce(file);
    const records = place.events('polled');
    const events = cloudEvents(records);
    expect(events[0]).toMatchObject({
      specversion: '1.0',
      source: expect.stringMatching(/^\/default\/.*\/items$/),
      type: 'liberate.row.upserted',
      time: '2026-01-01T08:00:00.000Z',
      subject: '{"id":1}',
      datacontenttype: 'application/json',
      data: { id: 1, body: 'one', after: '"before":null,"after":{"x":1}', updated_at: '2026-01-01 08:00:00.000001' },
    });
    expect(events[1]?.data?.['after']).toBe('","data":{');
    const structured = envelope === 'cloudevents-structured';
    if (structured) expect(events[3]).toMatchObject({ type: 'liberate.row.deleted', subject: '{"id":2}' });
    expect(events[3]?.data ?? null).toBeNull();
    expect(records.at(-1)?.value).toBeNull();
    if (!structured) {
      expect(records.at(-1)?.headers).toMatchObject({ ce_type: 'liberate.row.deleted', ce_subject: '{"id":2}', ce_specversion: '1.0' });
      expect(records.at(-1)?.headers['content-type']).toBeUndefined();
    }
    const ids = idsOf(records);
    expect([ids.length, new Set(ids).size]).toEqual([4, 4]);
    const backfilled = await liberate(['backfill', file, '--job', 'polled']);
    expect(backfilled.code, backfilled.stderr).toBe(0);
    const again = idsOf(place.events('polled').slice(records.length));
    expect(new Set(again)).toEqual(new Set([ids[0], ids[2], ids[3]]));
  });
});

test('an envelope that is one JSON object is refused for a format that is none', async () => {
  const file = place.jobs({ polled: { ...jobs.polled, envelope: 'cloudevents-structured', format: 'connect' } });
  const { code, stderr, stdout } = await liberate(['validate', file]);
  expect(code).not.toBe(0);
  expect(`${stdout}${stderr}`).toContain('LIB108');
});
