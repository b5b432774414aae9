import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
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

/** What a command loads: packages by name, files of ours from `dist/`, files of zod from `zod/`. */
async function loaded(place: Place, args: readonly string[]): Promise<ReadonlySet<string>> {
  const { url, noted } = preload(place);
  writeFileSync(place.path('modules.log'), '');
  const { code, stderr } = await liberate(args, { env: { NODE_OPTIONS: `--import ${url}` } });
  expect(code, stderr).toBe(0);
  return new Set(
    noted().map((module) => {
      const name = /.*\/node_modules\/(zod\/.*|(?:@[^/]+\/)?[^/]+)/.exec(module)?.[1];
      return name ?? module.replace(/^.*\/(?=dist\/)/, '');
    }),
  );
}

/** What has no part in polling a SQLite table by interval into files. */
const needless = [
  ...['kafkajs', 'pg', 'mysql2', 'yargs', 'cliui', 'cron-parser', 'luxon', 'cli-table3', 'cli-progress'],
  ...['dist/sink/kafka/sink.js', 'dist/sink/stdout/stdout.js', 'dist/source/postgres/source.js', 'dist/source/mysql/source.js'],
  ...['dist/state/postgres/store.js', 'dist/state/mysql/store.js', 'dist/config/json-schema.js', 'dist/engine/backfill.js'],
  ...['dist/cli/cli.js', 'dist/cli/commands/backfill.js', 'dist/cli/commands/status.js', 'dist/cli/commands/state.js'],
  ...['dist/web/web.js', 'dist/web/metrics.js', 'dist/engine/explain-job.js', 'node:http'],
];

test('run --once of SQLite jobs loads no driver, parser or command that it does not use', async () => {
  await using place = await openPlace(table);
  const file = place.jobs({ orders: { table: 'orders', cursor: 'updated_at', every: '5s' } });
  await runOnce(file);
  const modules = await loaded(place, ['run', '--once', file]);
  // The listing itself works: these are used.
  for (const used of [
    'knex',
    'better-sqlite3',
    'yaml',
    'dist/state/sqlite/store.js',
    'dist/sink/ndjson/ndjson.js',
    'zod/v4/core/schemas.cjs',
  ])
    expect(modules, used).toContain(used);
  expect(needless.filter((name) => modules.has(name))).toEqual([]);
  expect([...modules].filter((name) => /^zod\/.*(locales|classic|json-schema)/.test(name))).toEqual([]);
});

test('run loads the cron parser where a job has a schedule, and yargs where a line is not plain', async () => {
  await using place = await openPlace(table);
  const file = place.jobs({ orders: { table: 'orders', cursor: 'updated_at', schedule: '*/5 * * * *' } });
  const modules = await loaded(place, ['run', '--once', '--json=false', file]);
  expect(modules).toContain('cron-parser');
  expect(modules).toContain('yargs');
});
