import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { measureNode, type Usage } from './measure.ts';

/** A built liberate. */
export interface Subject {
  readonly name: string;
  readonly root: string;
  /** Of Node, before the program. */
  readonly nodeOptions?: readonly string[];
}

/** The subject with a CPU profile of each run left in the folder. */
export const profiled = (subject: Subject, folder: string | null): Subject =>
  folder === null ? subject : { ...subject, nodeOptions: ['--cpu-prof', '--cpu-prof-dir', resolve(folder)] };

export const thisTree: Subject = { name: 'liberate', root: fileURLToPath(new URL('..', import.meta.url)) };

/** Writes a jobs file, with the state beside it, and gives its path: JSON is YAML. */
export async function writeJobs(directory: string, content: object): Promise<string> {
  const path = join(directory, 'jobs.yaml');
  await writeFile(path, JSON.stringify({ state: 'sqlite:state.db', ...content }));
  return path;
}

export function measureOnce({ root, nodeOptions = [] }: Subject, directory: string): Promise<Usage> {
  return measureNode([...nodeOptions, bin(root), 'run', '--once', '--log-level', 'warn', 'jobs.yaml'], { directory });
}

const bin = (root: string): string => join(root, 'bin', 'liberate.js');

/** Whether a jobs file for that version may hold the key in a job. */
export async function knowsJobKey({ root }: Subject, key: string): Promise<boolean> {
  return (await readFile(join(root, 'liberate.schema.json'), 'utf8')).includes(`"${key}": {`);
}

export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when that many jobs have ended a first cycle. */
  loaded(jobs: number): Promise<void>;
}

/** `liberate run` on its schedule. Disposing ends it in order. */
export async function start({ root, nodeOptions = [] }: Subject, directory: string): Promise<Running> {
  const args = [...nodeOptions, bin(root), 'run', '--log-format', 'json', 'jobs.yaml'];
  const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  await once(child, 'spawn');
  const done = new Set<string>();
  let waiting = (): void => {};
  createInterface({ input: child.stderr }).on('line', (line) => {
    // Warnings of the jobs file are for people.
    if (!line.startsWith('{')) return;
    const { job, outcome, level, msg } = JSON.parse(line) as { job?: string; outcome?: string; level: string; msg: string };
    if (level === 'error') console.error(`liberate: ${msg}`);
    if (job !== undefined && outcome === 'ok') done.add(job);
    waiting();
  });
  const ended = once(child, 'exit');
  return {
    pid: child.pid as number,
    loaded: async (jobs) => {
      const enough = new Promise<void>((resolve) => {
        waiting = () => done.size >= jobs && resolve();
        waiting();
      });
      const early = ended.then(([code]) => {
        throw new Error(`liberate ended with ${code} before its jobs had loaded`);
      });
      await Promise.race([enough, early]);
    },
    [Symbol.asyncDispose]: () => stop(child, ended),
  };
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  await ended;
}
