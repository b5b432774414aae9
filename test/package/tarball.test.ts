import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sourcesIn } from '../../src/cli/stack.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { nodeOf, npm, readVersion, root, runProgram } from './programs.ts';

// better-sqlite3 is compiled on a Node that has no ready-made one: about a minute.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const jobs = `source: sqlite:shop.db
sink: ndjson:out
jobs:
  customers:     { table: customers, cursor: updated_at, every: 10s }
  payments:      { table: payments, cursor: id, every: 5s }
  order_summary: { query: node_modules/liberate/queries/order_summary.sql, key: order_id, cursor: updated_at, schedule: "*/5 * * * *" }
`;

/** By plain JavaScript, with the database driver that came with the package. */
const loadShop = `import Database from 'better-sqlite3';
import { readFileSync } from 'node:fs';
const database = new Database('shop.db');
database.exec(readFileSync('shop.sqlite.sql', 'utf8'));
database.close();
`;

let temporary: TemporaryDirectory;
let tarball: string;
let files: readonly string[];

beforeAll(async () => {
  temporary = await temporaryDirectory();
  const text = await npm(process.execPath, ['pack', '--json', '--pack-destination', temporary.path], root);
  const [packed] = JSON.parse(text) as [{ readonly filename: string; readonly files: readonly { readonly path: string }[] }];
  tarball = join(temporary.path, packed.filename);
  files = packed.files.map(({ path }) => path).sort();
});
afterAll(() => temporary[Symbol.asyncDispose]());

/** Of a file of a package, its name; `\\0…` is what the bundler adds. */
const packageOf = (source: string): string => (source.startsWith('\\0') ? 'rolldown' : (/^(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? source));

/** An empty folder with nothing but the package from the tarball. */
async function install(node: string, name: string): Promise<string> {
  const directory = join(temporary.path, name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'package.json'), '{ "private": true, "type": "module" }');
  await npm(node, ['install', '--no-audit', '--no-fund', tarball], directory);
  return directory;
}

/** The quick start, from the command that npm links; how many events each topic has after the first run and after the second. */
async function quickStart(node: string, directory: string): Promise<readonly (readonly number[])[]> {
  cpSync(join(root, 'fixtures/shop.sqlite.sql'), join(directory, 'shop.sqlite.sql'));
  writeFileSync(join(directory, 'jobs.yaml'), jobs);
  writeFileSync(join(directory, 'load.js'), loadShop);
  await runProgram(node, node, ['load.js'], directory);
  const command = join(directory, 'node_modules/.bin/liberate');
  expect(lstatSync(command).isSymbolicLink()).toBe(true);
  const runOnce = async (): Promise<readonly number[]> => {
    await runProgram(node, command, ['run', 'jobs.yaml', '--once'], directory);
    return ['customers', 'payments', 'order_summary'].map(
      (topic) => readFileSync(join(directory, `out/${topic}.ndjson`), 'utf8').split('\n').length - 1,
    );
  };
  return [await runOnce(), await runOnce()];
}

describe('the tarball', () => {
  test('holds the command, the code with its types, the queries, the schema and the papers, and nothing else', () => {
    const expected = ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin/liberate.js', 'liberate.schema.json', 'package.json'];
    expect(files.filter((path) => !/^(dist|queries)\//.test(path))).toEqual(expected);
    expect(files.filter((path) => path.startsWith('queries/'))).toEqual([
      'queries/order_summary.sql',
      'queries/product_stock.sql',
      'queries/user_profile.sql',
    ]);
    const code = files.filter((path) => path.startsWith('dist/'));
    expect(code.filter((path) => !/\.(js|d\.ts)$/.test(path))).toEqual(['dist/THIRD-PARTY.txt']);
    expect(code.filter((path) => /test|spec|fixture/.test(path))).toEqual([]);
    // A program uses the library's entry alone, which names no type of these.
    expect(code.filter((path) => /^dist\/((cli|config|schema)\/|\w+\/\w+\/).*\.d\.ts$/.test(path))).toEqual([]);
    expect(code).toEqual(expect.arrayContaining(['dist/liberate.js', 'dist/liberate.d.ts', 'dist/cli/main.js']));
  });

  test('tells the licence of each package whose code is in its files, and asks for none of them to be installed', () => {
    const sources = files.filter((path) => /^dist\/.*\.js$/.test(path)).flatMap((path) => sourcesIn(pathToFileURL(join(root, path)).href));
    const inside = new Set(sources.flatMap((source) => (source === null || source.startsWith('src/') ? [] : [packageOf(source)])));
    const told = readFileSync(join(root, 'dist/THIRD-PARTY.txt'), 'utf8').split(/^-{80}$/m);
    for (const name of ['knex', 'lodash', 'yaml', 'zod']) expect([...inside]).toContain(name);
    for (const name of inside) {
      expect(told.filter((notice) => notice.trimStart().startsWith(`${name} `) && /permission/i.test(notice)).map(() => name)).toEqual([
        name,
      ]);
    }
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly dependencies: object };
    expect(Object.keys(dependencies).filter((name) => inside.has(name))).toEqual([]);
  });

  test('is what publint asks for', async () => {
    const { messages, pkg } = await publint({ pkgDir: root, strict: true, pack: 'npm' });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });
});

describe('installed into an empty folder', () => {
  test('on the Node that runs the tests: the quick start, and a typed program that uses the library', async () => {
    const directory = await install(process.execPath, 'here');
    for (const name of ['knex', 'lodash', 'yaml', 'zod']) expect(existsSync(join(directory, 'node_modules', name)), name).toBe(false);
    expect(await quickStart(process.execPath, directory)).toEqual([
      [400, 925, 1000],
      [400, 925, 1000],
    ]);

    cpSync(new URL('consumer.txt', import.meta.url), join(directory, 'consumer.ts'));
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    const output = await runProgram(
      process.execPath,
      join(root, 'node_modules/.bin/tsc'),
      ['-p', directory, '--pretty', 'false'],
      directory,
    ).catch((error: { readonly stdout: string }) => error.stdout);
    expect(output).toBe('');
  });

  test('on Node 24 the ready-made better-sqlite3 is taken, and the quick start gives the same', async () => {
    const node = await nodeOf('24.21.0');
    expect(await runProgram(node, node, ['--version'], root)).toBe('v24.21.0\n');
    const directory = await install(node, 'node-24');
    expect(readVersion(directory, 'better-sqlite3')).toMatch(/^13\./);
    expect(existsSync(join(directory, 'node_modules/better-sqlite3/build'))).toBe(false);
    expect(await quickStart(node, directory)).toEqual([
      [400, 925, 1000],
      [400, 925, 1000],
    ]);
  });
});
