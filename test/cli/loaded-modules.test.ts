import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { sourcesIn } from '../../src/cli/stack.ts';
import { liberate } from '../support/liberate.ts';
import { openPlace, type Place, runOnce } from './place.ts';

const table = 'CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, updated_at TIMESTAMP NOT NULL)';

/** Notes the URL of each ES module as it is loaded, and the path of each CommonJS module at the end. */
function preload(place: Place): { readonly url: string; readonly noted: () => readonly string[] } {
  const log = JSON.stringify(place.path('modules.log'));
  const hooks = place.write(
    'hooks.mjs',
    `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(${log}, url + '\\n');
  return next(url, context);
}`,
  );
  const start = place.write(
    'preload.mjs',
    `import { appendFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
register(${JSON.stringify(pathToFileURL(hooks).href)});
const { cache } = createRequire(import.meta.url);
process.on('exit', () => appendFileSync(${log}, Object.keys(cache).join('\\n') + '\\n'));`,
  );
  return { url: pathToFileURL(start).href, noted: () => readFileSync(place.path('modules.log'), 'utf8').split('\n') };
}

/** What a command loads: a package's files as `name/…`, liberate's as `dist/…`, and what was bundled into those as `src/…` and `name/…`. */
async function loaded(place: Place, args: readonly string[]): Promise<readonly string[]> {
  const { url, noted } = preload(place);
  writeFileSync(place.path('modules.log'), '');
  const { code, stderr } = await liberate(args, { env: { NODE_OPTIONS: `--import ${url}` } });
  expect(code, stderr).toBe(0);
  const shortened = (module: string): string => module.replace(/^.*\/node_modules\/|^.*\/(?=dist\/)/, '');
  return noted().flatMap((module) => [shortened(module), ...new Set(sourcesIn(module).filter((source) => source !== null))]);
}

const isOf = (names: readonly string[]) => (module: string) => names.some((name) => module === name || module.startsWith(`${name}/`));

/** What has no part in polling a SQLite table by interval into files: packages, parts of packages, and whole rooms of liberate's own. */
const needlessPackages = isOf([
  ...['kafkajs', 'pg', 'mysql2', 'yargs', 'cliui', 'cron-parser', 'luxon', 'cli-table3', 'cli-progress'],
  ...['@node-rs/crc32', 'lz4-napi', '@mongodb-js/zstd', 'kafkajs-snappy', 'node:http', 'node:https', 'node:tls'],
]);
const needlessParts = /^(knex\/lib\/(bin|dialects\/(mssql|oracle|oracledb|redshift)\/\w+\/)|zod\/.*(locales|classic|json-schema))/;
const needlessRooms =
  /^src\/(web|registry|sink\/(kafka|stdout)|(source|state)\/(postgres|mysql)|config\/json-schema|cli\/(cli|findings|plan-text|status-text|stack)\.|cli\/commands\/(?!run\.)|engine\/(backfill|verify|reconcile|preview|replay|validate|explain-job)\.)/;

test('run --once of SQLite jobs loads no driver, parser or command that it does not use, and few files', async () => {
  await using place = await openPlace(table);
  const file = place.jobs({ orders: { table: 'orders', cursor: 'updated_at', every: '5s' } });
  await runOnce(file);
  const modules = await loaded(place, ['run', '--once', file]);
  // The listing itself works: these are used.
  for (const used of ['knex/lib/client.js', 'better-sqlite3/lib/index.js', 'src/state/sqlite/store.ts', 'src/sink/ndjson/ndjson.ts'])
    expect(modules, used).toContain(used);
  expect(modules.filter((name) => needlessPackages(name) || needlessParts.test(name) || needlessRooms.test(name))).toEqual([]);
  // Node 20 takes longer over many files than over a large one.
  expect(modules.filter(isOf(['dist'])).length).toBeLessThanOrEqual(4);
});

test('run loads the cron parser where a job has a schedule, and yargs where a line is not plain', async () => {
  await using place = await openPlace(table);
  const file = place.jobs({ orders: { table: 'orders', cursor: 'updated_at', schedule: '*/5 * * * *' } });
  const modules = await loaded(place, ['run', '--once', '--json=false', file]);
  for (const name of ['cron-parser', 'yargs']) expect(modules.some(isOf([name])), name).toBe(true);
});
