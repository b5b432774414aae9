import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs a program with this Node first in its path; rejects with its output when it fails. */
export async function runProgram(node: string, program: string, args: readonly string[], directory: string): Promise<string> {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`, ...headers(node) };
  const { stdout } = await execute(program, args, { cwd: directory, env, maxBuffer: 64 * 2 ** 20 });
  return stdout;
}

/** better-sqlite3 may be compiled against Node's headers: those beside a Node need no download. */
function headers(node: string): Readonly<Record<string, string>> {
  const home = resolve(dirname(node), '..');
  return existsSync(join(home, 'include/node/node.h')) ? { npm_config_nodedir: home } : {};
}

export async function npm(node: string, args: readonly string[], directory: string): Promise<string> {
  return runProgram(node, node, [await npmProgram(), ...args], directory);
}

/** The npm that runs the tests, or the first one in the path: a Node of the registry has none beside it. */
async function npmProgram(): Promise<string> {
  const running = process.env['npm_execpath'];
  if (running?.endsWith('npm-cli.js')) return running;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, 'npm')).find((path) => existsSync(path));
  if (found === undefined) throw new Error('there is no npm in the path');
  return realpath(found);
}

/** A Node of another version, as a package of the registry; kept for the next time. */
export async function nodeOf(version: string): Promise<string> {
  const kept = join(root, '.liberate', `node-${version}`);
  const name = `node-${process.platform}-${process.arch}`;
  const node = join(kept, 'node_modules', name, 'bin/node');
  if (!existsSync(node)) {
    await mkdir(dirname(kept), { recursive: true });
    // Made beside its place and moved there: what was cut short in the middle is never taken for it.
    const fresh = await mkdtemp(`${kept}-`);
    await writeFile(join(fresh, 'package.json'), '{ "private": true }');
    await npm(process.execPath, ['install', '--no-audit', '--no-fund', `${name}@${version}`], fresh);
    await rm(kept, { recursive: true, force: true });
    await rename(fresh, kept);
  }
  return node;
}

export function readVersion(directory: string, name: string): string {
  const text = readFileSync(join(directory, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
