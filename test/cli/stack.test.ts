import { expect, test } from 'vitest';
import { liberate } from '../support/liberate.ts';
import { openPlace } from './place.ts';

/** A fault in the midst of liberate's own code, as it is when Node says what nobody thought of. */
const broken = `import os from 'node:os';
import { syncBuiltinESMExports } from 'node:module';
os.hostname = () => { throw new TypeError('no such thing'); };
syncBuiltinESMExports();`;

test('a fault of its own is told with the source file of each line', async () => {
  await using place = await openPlace('CREATE TABLE orders (id INTEGER PRIMARY KEY, updated_at TIMESTAMP NOT NULL)');
  const file = place.jobs({ orders: { table: 'orders', cursor: 'updated_at' } });
  const preload = place.write('broken.mjs', broken);
  const { code, stderr } = await liberate(['run', '--once', file], { env: { NODE_OPTIONS: `--import ${preload}` } });
  expect(code, stderr).not.toBe(0);
  expect(stderr).toContain('LIB901');
  expect(stderr).toMatch(/ at compose \(file:.*\/dist\/.*\.js:\d+:\d+\) src\/cli\/compose\.ts$/m);
  expect(stderr).toMatch(/ at .*run \(file:.*\/dist\/.*\.js:\d+:\d+\) src\/cli\/commands\/run\.ts$/m);
});
