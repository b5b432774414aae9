import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { startServers } from './servers.ts';

/**
 * Starts the test servers once, for many runs of the tests:
 *   npx tsx test/servers/main.ts --facts servers.json
 *   LIBERATE_TEST_SERVERS=servers.json npm test
 */
const { values } = parseArgs({ options: { facts: { type: 'string' } } });
if (!values.facts) {
  console.error('usage: main.ts --facts FILE');
  process.exit(2);
}

const stopAsked = new Promise<void>((resolve) => {
  process.on('SIGINT', resolve);
  process.on('SIGTERM', resolve);
});

{
  await using servers = await startServers(process.env, (line) => console.log(line));
  await mkdir(dirname(values.facts), { recursive: true });
  // Written aside and renamed, so that whoever waits for the file never reads half of it.
  await writeFile(`${values.facts}.new`, `${JSON.stringify({ ...servers.facts, pid: process.pid }, null, 2)}\n`, {
    mode: 0o600,
  });
  await rename(`${values.facts}.new`, values.facts);
  // A pending promise alone does not keep the process alive.
  const alive = setInterval(() => {}, 2 ** 30);
  await stopAsked;
  clearInterval(alive);
  await rm(values.facts, { force: true });
}
