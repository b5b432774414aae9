import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Finished, liberate } from '../support/liberate.ts';
import { type Event, eventsOf, openPlace, type Place } from './place.ts';

vi.setConfig({ testTimeout: 240_000 });

const salt = 'pepper-Zq7WvKx0';
const hashed = (text: string): string => createHmac('sha256', salt).update(text).digest('hex');
/** Found nowhere but in the columns that are masked. */
const secrets = /anna\.q|4711-0042|Zq7WvKx0/;

const people = `
  CREATE TABLE people (id TEXT PRIMARY KEY NOT NULL, email TEXT, phone TEXT, amount TEXT, updated_at TIMESTAMP NOT NULL);
  INSERT INTO people VALUES
    ('4711-0042-1', 'anna.q@example.org', '+49 anna.q 1234', '10.50', '2026-01-01 08:00:00.000001'),
    ('4711-0042-2', NULL, NULL, '7', '2026-01-02 08:00:00.000002'),
    ('4711-0042-3', 'anna.q2@example.org', '12', 'many', '2026-01-03 08:00:00.000003');
`;
const mask = { id: { hash: { salt: '${SALT}' } }, email: 'redact', phone: { keep: 4 } };
const job = {
  table: 'people',
  cursor: 'updated_at',
  mask,
  columns: { cast: { amount: 'decimal(6,2)' } },
  headers: { who: '{email}', row: '{id}' },
  onBadRow: 'deadletter',
};

let place: Place;
beforeEach(async () => {
  place = await openPlace(people);
});
afterEach(() => place[Symbol.asyncDispose]());

const ran = (...args: readonly string[]): Promise<Finished> => liberate(args, { env: { SALT: salt }, cwd: place.directory });
const keys = (events: readonly Event[]): readonly unknown[] => events.map(({ key }) => key);

describe('a job with masks and casts', () => {
  test('shows nothing of what it masks: in events, dead letters, preview, plan, status, state, verify, or any log', async () => {
    const file = place.jobs({ people: job });
    const all: Finished[] = [await ran('run', file, '--once')];
    expect(all[0]?.code, all[0]?.stderr).toBe(0);
    const events = place.events('people');
    expect(events.map(({ key, value, headers }) => [key, value, headers['who'], headers['row']])).toEqual([
      [
        { id: hashed('4711-0042-1') },
        { id: hashed('4711-0042-1'), email: '***', phone: '***1234', amount: 10.5, updated_at: '2026-01-01 08:00:00.000001' },
        '***',
        hashed('4711-0042-1'),
      ],
      [
        { id: hashed('4711-0042-2') },
        { id: hashed('4711-0042-2'), email: null, phone: null, amount: 7, updated_at: '2026-01-02 08:00:00.000002' },
        undefined,
        hashed('4711-0042-2'),
      ],
    ]);
    all.push(await ran('deadletters', 'list', file, '--job', 'people', '--json'));
    expect(JSON.parse(all[1]?.stdout ?? '')).toMatchObject({
      code: 'LIB211',
      row: { id: hashed('4711-0042-3'), email: '***', phone: '***', amount: 'many' },
    });
    await place.db.run("DELETE FROM people WHERE id = '4711-0042-1'; UPDATE people SET amount = '8' WHERE id = '4711-0042-2'");
    for (const command of ['preview', 'plan', 'validate', 'status', 'verify']) {
      const extra = command === 'verify' || command === 'preview' ? ['--job', 'people'] : [];
      all.push(await ran(command, file, ...extra));
      if (command !== 'preview') all.push(await ran(command, file, ...extra, '--json'));
    }
    all.push(await ran('state', 'show', file, '--job', 'people'), await ran('state', 'show', file, '--job', 'people', '--json'));
    all.push(await ran('verify', file, '--job', 'people', '--repair', '--tombstones'));
    all.push(
      await ran('backfill', file, '--job', 'people', '--log-level', 'debug'),
      await ran('backfill', file, '--job', 'people', '--dry-run'),
    );
    for (const { stdout, stderr } of all) expect(`${stdout}${stderr}`).not.toMatch(secrets);
    expect(JSON.stringify(place.events('people')) + JSON.stringify(place.events('people.deadletters'))).not.toMatch(secrets);
    expect(all.some(({ stdout }) => stdout.includes(hashed('4711-0042-1')))).toBe(true);
  });

  test('folds by its masked key: reloads publish what changed and what went, and verify finds the table', async () => {
    const file = place.jobs({ people: { ...job, cursor: undefined, columns: undefined, onBadRow: undefined } });
    expect((await ran('run', file, '--once')).code).toBe(0);
    expect(place.events('people')).toHaveLength(3);
    await place.db.run("DELETE FROM people WHERE id = '4711-0042-1'; UPDATE people SET phone = '99999' WHERE id = '4711-0042-3'");
    expect((await ran('run', file, '--once')).code).toBe(0);
    const [one, two] = place.events('people').slice(3);
    expect([one?.key, one?.value]).toEqual([{ id: hashed('4711-0042-1') }, null]);
    expect(two?.value).toMatchObject({ id: hashed('4711-0042-3'), phone: '***9999' });
    const verified = await ran('verify', file, '--job', 'people', '--json');
    expect(JSON.parse(verified.stdout)).toMatchObject({ same: true, missing: 0, stale: 0, extra: 0 });
    expect((await ran('status', file)).stdout).not.toMatch(secrets);
  });

  test('replays the dead letters whose rows were mended, found by the masked text of their key', async () => {
    const file = place.jobs({ people: job });
    await ran('run', file, '--once');
    await place.db.run("UPDATE people SET amount = '3.1' WHERE id = '4711-0042-3'");
    const replayed = await ran('deadletters', 'replay', file, '--job', 'people', '--json');
    expect(JSON.parse(replayed.stdout)).toMatchObject({ letters: 1, published: 1, gone: 0, left: 0 });
    expect(place.events('people').at(-1)?.value).toMatchObject({ id: hashed('4711-0042-3'), amount: 3.1 });
    expect(replayed.stdout + replayed.stderr).not.toMatch(secrets);
  });

  test('shows in preview what would leave, headers with it', async () => {
    const file = place.jobs({ people: { ...job, where: "amount <> 'many'" } });
    const { stdout, code } = await ran('preview', file, '--job', 'people');
    expect(code).toBe(0);
    expect(keys(eventsOf(stdout))).toEqual([{ id: hashed('4711-0042-1') }, { id: hashed('4711-0042-2') }]);
    expect(eventsOf(stdout)[0]?.headers).toMatchObject({ who: '***' });
  });

  test('names topics by letters that Kafka takes, and refuses two tables that meet in one name', async () => {
    await place.db.run(
      'CREATE TABLE "a b" (id INTEGER PRIMARY KEY); INSERT INTO "a b" VALUES (1); CREATE TABLE "a_b" (id INTEGER PRIMARY KEY)',
    );
    const one = await ran('run', place.jobs({ all: { table: ['a b', 'people'], topic: '{table}' } }), '--once');
    expect(one.code, one.stderr).toBe(0);
    expect(keys(place.events('a_b'))).toEqual([{ id: 1 }]);
    const both = await ran('run', place.jobs({ all: { table: ['a b', 'a_b'], topic: 't.{table}' } }), '--once');
    expect(both.code).toBe(1);
    expect(both.stderr).toMatch(/LIB304.*publishes to t\.a_b too/);
  });

  test('is refused with its place where the rules contradict each other, and no message shows the salt', async () => {
    for (const [more, words] of [
      [{ mask: { email: { hash: { salt, keep: 4 } } } }, 'keep'],
      [{ mask: { email: salt } }, 'redact'],
      [{ mask: { email: { hash: salt } } }, 'a mapping with salt'],
      [{ mask: { email: { hash: { salt }, keep: 4 } } }, 'one of hash and keep'],
      [{ mask: { updated_at: 'redact' } }, 'masks the cursor'],
      [{ mask: { amount: 'redact' } }, 'masks a column that is cast'],
      [{ key: 'id', mask: { id: 'redact' } }, 'makes keys alike'],
      [{ columns: { exclude: ['amount'], cast: { amount: 'string' } } }, 'casts a column that is left out'],
      [{ columns: { cast: { amount: 'text' } } }, 'expected a type|Write a type'],
      [{ partitionBy: ['id', 'id'] }, 'names a column twice'],
      [{ headers: { 'liberate.job': '{id}' } }, 'liberate'],
    ] as const) {
      const { code, stderr, stdout } = await ran('validate', place.jobs({ people: { ...job, ...more } }));
      expect(code, words).toBe(2);
      expect(`${stdout}${stderr}`).toMatch(new RegExp(words));
      expect(`${stdout}${stderr}`).not.toMatch(secrets);
    }
  });
});
