import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * A room of `src/`. `may`: the other rooms that it imports, all of lower levels; `files`: single files of
 * rooms that it imports nothing else of.
 */
interface Room {
  readonly level: number;
  readonly may: readonly string[];
  readonly files?: readonly (string | RegExp)[];
}

const rooms: Readonly<Record<string, Room>> = {
  kit: { level: 0, may: [] },
  model: { level: 1, may: ['kit'] },
  observe: { level: 2, may: ['kit', 'model'] },
  query: { level: 2, may: ['kit', 'model'] },
  schema: { level: 2, may: ['kit', 'model'] },
  source: { level: 3, may: ['kit', 'model', 'observe', 'query'] },
  sink: { level: 3, may: ['kit', 'model', 'observe'] },
  state: { level: 3, may: ['kit', 'model', 'observe'] },
  registry: { level: 3, may: ['kit', 'model', 'schema'] },
  config: { level: 4, may: ['kit', 'model', 'query'], files: [/^(source|sink|state)\/(registry|[a-z-]+-config)\.ts$/] },
  engine: {
    level: 4,
    may: ['kit', 'model', 'observe', 'query', 'schema'],
    files: [
      'source/source.ts',
      'sink/sink.ts',
      'sink/schema-keeper.ts',
      'sink/stream-reader.ts',
      'state/state-store.ts',
      'state/lease.ts',
      'registry/schema-registry.ts',
    ],
  },
  web: { level: 5, may: ['kit', 'model', 'observe', 'query', 'schema'], files: ['state/state-store.ts'] },
  cli: { level: 6, may: ['kit', 'model', 'observe', 'query', 'schema', 'source', 'sink', 'state', 'registry', 'config', 'engine', 'web'] },
  // The library's entry: it composes, as the command line does.
  'liberate.ts': {
    level: 6,
    may: ['kit', 'model', 'observe', 'query', 'schema', 'source', 'sink', 'state', 'registry', 'config', 'engine', 'web', 'cli'],
  },
};

/** Every package that `src/` may import, and the folders where it may. A driver stays in its backend's folder. */
const packages: Readonly<Record<string, readonly string[]>> = {
  pg: ['source/postgres', 'state/postgres'],
  mysql2: ['source/mysql', 'state/mysql'],
  'better-sqlite3': ['source/sqlite', 'state/sqlite'],
  knex: ['source', 'state'],
  '@node-rs/crc32': ['sink/kafka'],
  kafkajs: ['sink/kafka'],
  'kafkajs-snappy': ['sink/kafka'],
  'lz4-napi': ['sink/kafka'],
  '@mongodb-js/zstd': ['sink/kafka'],
  yaml: ['config'],
  zod: ['config'],
  'cron-parser': ['config', 'engine'],
  luxon: ['engine', 'schema'],
  yargs: ['cli'],
  picocolors: ['cli'],
  'cli-table3': ['cli'],
  'cli-progress': ['cli'],
};

const inside = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);

/** `./x.ts` statements, re-exports, `import()` and `require()` of a file's text. */
function importsOf(text: string): readonly string[] {
  const statements = text.matchAll(/^(?:import|export)\b(?:[^;'"]*?\bfrom)?\s*['"]([^'"]+)['"]/gm);
  const calls = text.matchAll(/\b(?:import|require(?:\.resolve)?)\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [...statements, ...calls].map(([, specifier]) => specifier as string);
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Why a file may not import something; null when it may. `path`: from `src/`. */
function importBreak(path: string, specifier: string): string | null {
  if (specifier.startsWith('node:')) return null;
  if (!specifier.startsWith('.')) {
    const name = packageOf(specifier);
    const folders = packages[name];
    if (folders?.some((folder) => inside(path, folder))) return null;
    return `${path} imports ${name}: ${folders === undefined ? 'no row of the table names it' : `only ${folders.join(', ')} may`}`;
  }
  const target = join(dirname(path), specifier);
  // The version is read from the package's own description.
  if (target === '../package.json') return null;
  const [from = '', fromBackend = ''] = path.split('/');
  const [to = '', toBackend = ''] = target.split('/');
  const room = rooms[from];
  if (room === undefined) return `${path}: there is no room ${from}`;
  if (from === to) return backendBreak(path, target, fromBackend, toBackend);
  if (room.may.includes(to)) return null;
  if (room.files?.some((file) => (typeof file === 'string' ? file === target : file.test(target)))) return null;
  const files = room.files === undefined ? '' : `; of others only ${room.files.map(String).join(', ')}`;
  return `${path} imports ${target}: ${from} (level ${room.level}) may import ${room.may.join(', ') || 'node: only'}${files}`;
}

const backends = new Set(['postgres', 'mysql', 'sqlite', 'kafka', 'ndjson', 'stdout', 'memory']);

function backendBreak(path: string, target: string, from: string, to: string): string | null {
  if (!backends.has(to) || from === to || path.endsWith('/registry.ts')) return null;
  return `${path} imports ${target}: a backend's folder is imported by itself and by its registry`;
}

/** Comments and the texts of strings are no code. Regular expressions with quotes in them are left as they are. */
function codeOf(text: string): string {
  return text
    .replace(/^\s*(\/\*\*?[\s\S]*?\*\/|\/\/.*)$/gm, '')
    .replace(/\s\/\/ .*$/gm, '')
    .replace(/'[^'\n]*'/g, "''");
}

const levelOf = (path: string): number => rooms[path.split('/')[0] ?? '']?.level ?? 0;

/** What only the top level touches, and what nobody writes. */
const forbidden: readonly { readonly what: string; readonly found: RegExp; readonly below: number }[] = [
  {
    what: 'process.exit, env, argv, streams and signals belong to cli',
    found: /\bprocess\s*\.\s*(exit|exitCode|env|argv|on|once|off|stdout|stderr|stdin)\b/,
    below: 6,
  },
  { what: 'process is taken apart only in cli', found: /=\s*process\s*[;\n]|node:process/, below: 6 },
  { what: 'console belongs to cli', found: /\bconsole\s*\./, below: 6 },
  { what: 'no any', found: /(?::|<|\bas|\||&|,)\s*any\b\s*(?:[;,)=>[\]|&}{]|$)/m, below: 9 },
  { what: 'no enum', found: /^\s*(?:export\s+)?(?:const\s+)?enum\s+\w/m, below: 9 },
  { what: 'no default export', found: /^export\s+default\b|\bas\s+default\b/m, below: 9 },
];

function codeBreaks(path: string, text: string): readonly string[] {
  const code = codeOf(text);
  const breaks = forbidden.filter(({ found, below }) => levelOf(path) < below && found.test(code)).map(({ what }) => `${path}: ${what}`);
  const statements = code.split('\n').filter((line) => line.trim() !== '');
  if (path.endsWith('index.ts')) breaks.push(`${path}: no barrel`);
  else if (statements.length > 0 && statements.every((line) => /^export .* from ''/.test(line))) breaks.push(`${path}: no barrel`);
  const lines = text.split('\n').length - 1;
  if (lines > 300) breaks.push(`${path} has ${lines} lines: at most 300`);
  return breaks;
}

const root = fileURLToPath(new URL('../src', import.meta.url));
const sources = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
  .map((file) => ({ path: relative(root, file).replaceAll('\\', '/'), text: readFileSync(file, 'utf8') }))
  .sort((a, b) => (a.path < b.path ? -1 : 1));

describe('the rooms', () => {
  it('are all in the table, and each may import only lower levels', () => {
    expect(sources.length).toBeGreaterThan(100);
    for (const { path } of sources) expect(Object.keys(rooms)).toContain(path.split('/')[0]);
    for (const [name, { level, may }] of Object.entries(rooms)) {
      // The library's entry stands beside the command line, whose composition it shares.
      const lower = (other: string): boolean => (rooms[other]?.level ?? 9) < level || (name === 'liberate.ts' && other === 'cli');
      expect(may.filter((other) => !lower(other))).toEqual([]);
    }
  });

  it('import only what their row of the table allows', () => {
    const breaks = sources.flatMap(({ path, text }) => importsOf(text).map((specifier) => importBreak(path, specifier)));
    expect(breaks.filter((found) => found !== null)).toEqual([]);
  });

  it('leave the process to cli, write no any, enum, default export or barrel, and keep files short', () => {
    expect(sources.flatMap(({ path, text }) => codeBreaks(path, text))).toEqual([]);
  });
});

describe('the check itself', () => {
  it.each([
    ['engine/run.ts', '../source/postgres/source.ts', 'engine (level 4) may import'],
    ['engine/run.ts', '../source/source-config.ts', 'engine (level 4) may import'],
    ['engine/run.ts', '../config/config.ts', 'engine (level 4) may import'],
    ['kit/abort.ts', '../model/row.ts', 'node: only'],
    ['source/source.ts', '../sink/sink.ts', 'source (level 3) may import'],
    ['source/mysql/read.ts', '../postgres/read.ts', "a backend's folder"],
    ['source/batches.ts', './postgres/read.ts', "a backend's folder"],
    ['source/sqlite/read.ts', 'pg', 'only source/postgres, state/postgres may'],
    ['engine/run.ts', 'knex', 'only source, state may'],
    ['cli/main.ts', 'left-pad', 'no row of the table names it'],
  ])('refuses that %s imports %s', (path, specifier, words) => {
    expect(importBreak(path, specifier)).toContain(words);
  });

  it.each([
    ['engine/run.ts', '../source/source.ts'],
    ['config/config.ts', '../sink/sink-config.ts'],
    ['source/postgres/read.ts', '../batches.ts'],
    ['source/registry.ts', './postgres/source.ts'],
    ['source/postgres/read.ts', 'pg'],
    ['liberate.ts', './cli/compose.ts'],
  ])('lets %s import %s', (path, specifier) => {
    expect(importBreak(path, specifier)).toBeNull();
  });

  it('finds every form of import', () => {
    const text =
      "import 'a';\nimport b from 'b';\nimport type {\n  C,\n} from './c.ts';\nexport { d } from 'd';\nawait import('e');\nrequire('f');\n";
    expect(importsOf(text)).toEqual(['a', 'b', './c.ts', 'd', 'e', 'f']);
  });

  it.each([
    ['engine/x.ts', 'const env = process.env;\n'],
    ['engine/x.ts', 'const { env } = process;\n'],
    ['engine/x.ts', 'console.log(1);\n'],
    ['cli/x.ts', 'function f(x: any): void {}\n'],
    ['cli/x.ts', 'const x = y as any;\n'],
    ['cli/x.ts', 'enum E { A }\n'],
    ['cli/x.ts', 'export default 1;\n'],
    ['model/index.ts', 'const x = 1;\n'],
    ['model/all.ts', "export { a } from './a.ts';\nexport * from './b.ts';\n"],
    ['model/long.ts', 'const x = 1;\n'.repeat(301)],
  ])('refuses in %s: %j', (path, text) => {
    expect(codeBreaks(path, text)).toHaveLength(1);
  });

  it.each([
    ['cli/x.ts', 'process.exitCode = 1;\nconsole.log(1);\n'],
    ['engine/x.ts', "// process.exit is cli's\n/** process.env */\nconst x = 'console.log, any';\n"],
  ])('lets pass in %s: %j', (path, text) => {
    expect(codeBreaks(path, text)).toEqual([]);
  });
});
