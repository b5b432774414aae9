import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Finished, liberate } from '../support/liberate.ts';
import { openPlace, type Place } from './place.ts';

vi.setConfig({ testTimeout: 240_000 });

const readings = `
  CREATE TABLE readings (id TEXT PRIMARY KEY NOT NULL, part TEXT NOT NULL, celsius REAL) STRICT;
  INSERT INTO readings VALUES ('a', 'x', 20.5), ('b', 'x', 9e999), ('c', 'y', NULL);
`;
const job = { table: 'readings', format: 'connect' };

let place: Place;
beforeEach(async () => {
  place = await openPlace(readings);
});
afterEach(() => place[Symbol.asyncDispose]());

const ran = (...args: readonly string[]): Promise<Finished> => liberate(args, { cwd: place.directory });

test('a value that the format has no place for becomes a dead letter with its column, and the others go on', async () => {
  const file = place.jobs({ readings: { ...job, onBadRow: 'deadletter' } });
  const run = await ran('run', file, '--once');
  expect(run.code, run.stderr).toBe(0);
  const events = place.events('readings');
  expect(events.map(({ key }) => key)).toMatchObject([{ payload: { id: 'a' } }, { payload: { id: 'c' } }]);
  expect(events[0]?.value).toMatchObject({
    schema: { type: 'struct', name: 'readings.Value', fields: [{ field: 'id' }, { field: 'part' }, { type: 'double', optional: true }] },
    payload: { id: 'a', part: 'x', celsius: 20.5 },
  });
  const { stdout } = await ran('deadletters', 'list', file, '--job', 'readings', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    code: 'LIB211',
    reason: expect.stringMatching(/"celsius" holds "Infinity"/),
    row: { id: 'b' },
  });
  await place.db.run("UPDATE readings SET celsius = 21 WHERE id = 'b'");
  const replayed = await ran('deadletters', 'replay', file, '--job', 'readings', '--json');
  expect(JSON.parse(replayed.stdout)).toMatchObject({ letters: 1, published: 1, left: 0 });
  expect(place.events('readings').at(-1)?.value).toMatchObject({ payload: { id: 'b', celsius: 21 } });
});

test('it stops the job where onBadRow says so, and names column, value and cure', async () => {
  const { code, stderr } = await ran('run', place.jobs({ readings: job }), '--once');
  expect(code).toBe(1);
  expect(stderr).toMatch(/LIB211.*celsius.*holds.*Infinity.*cast/);
});
