import { build, type Plugin } from 'rolldown';
import { notices } from './notices.ts';

/**
 * What `run` of SQLite jobs loads, and whatever they load, is one file: Node 20 takes longer over many
 * small ones than over a large one. Databases and brokers are a file each, and so is every command.
 */
const start =
  /src\/(cli\/(main|commands\/run)|(state|source)\/sqlite\/(store|source)|sink\/ndjson\/ndjson|(kit|model|source|sink|state)\/[^/]+)\.ts$/;
const backends = [
  { name: 'postgres', test: /src\/(source|state)\/postgres\// },
  { name: 'mysql', test: /src\/(source|state)\/mysql\// },
  { name: 'kafka', test: /src\/sink\/kafka\// },
];

/** Parts of knex that are never called here: databases that are no source, and its own migrations, which load its command line. */
const needless = /\/knex\/lib\/(dialects\/(cockroachdb|mariadb|mssql|oracle|oracledb|pgnative|redshift)|migrations)\//;
const refusal = "module.exports = class { constructor() { throw new Error('this part of knex is not in the bundle'); } };";

/** Drivers that knex asks for where one wants them. */
const absent = ['mysql', 'pg-query-stream', 'sqlite3'];

const withoutNeedless: Plugin = {
  name: 'without-needless',
  load: { filter: { id: needless }, handler: () => refusal },
};

/**
 * V8 compiles a function in parentheses at once, and of Node 20 not so an arrow function: it would parse each package's
 * module twice. A text of ASCII alone takes a byte a character, and no decoding.
 */
const quickToCompile: Plugin = {
  name: 'quick-to-compile',
  renderChunk: (code) =>
    code
      .replaceAll(/__commonJSMin\(\((\([a-z, ]*\)) => \{/g, '__commonJSMin((function$1 {')
      .replaceAll(/[^\0-\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
};

/** Makes `dist/` of `src/` and of every package that is none of those installed beside it. */
export async function bundle(root: string, installed: readonly string[]): Promise<void> {
  const apart = [...installed, ...absent];
  await build({
    cwd: root,
    input: { 'cli/main': 'src/cli/main.ts', 'cli/young-generation': 'src/cli/young-generation.ts', liberate: 'src/liberate.ts' },
    platform: 'node',
    external: (id) => apart.some((name) => id === name || id.startsWith(`${name}/`)),
    transform: { target: 'node20.19' },
    checks: { ineffectiveDynamicImport: false },
    plugins: [withoutNeedless, quickToCompile, notices(root)],
    // Names, and a comment with the source file above each module's code: a stack stays readable.
    experimental: { attachDebugInfo: 'simple' },
    output: {
      dir: 'dist',
      format: 'esm',
      minify: false,
      comments: { legal: false, annotation: false, jsdoc: false },
      entryFileNames: '[name].js',
      // As deep as in src/: files beside the package are read from there.
      chunkFileNames: 'chunks/[name].js',
      codeSplitting: {
        groups: [{ name: 'start', test: start, priority: 2 }, ...backends.map((backend) => ({ ...backend, priority: 1 }))],
      },
    },
  });
}
