import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built command line, as a user runs it. */
const bin = fileURLToPath(new URL('../../bin/liberate.js', import.meta.url));

export interface Finished {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningLiberate extends AsyncDisposable {
  readonly process: ChildProcess;
  /** JSON log lines so far. */
  lines(): readonly LogLine[];
  /** Resolves with the first line, past or future, that satisfies the test; rejects when the process ends without one, or writes none for a minute. */
  line(test: (line: LogLine) => boolean): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  readonly finished: Promise<Finished>;
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly job?: string;
  readonly outcome?: string;
  readonly published?: number;
  readonly [field: string]: unknown;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another Node than the one that runs the tests. */
  readonly node?: string;
}

/** Starts `liberate ARGS`; disposing kills it if it still runs. */
export function startLiberate(args: readonly string[], options: StartOptions = {}): RunningLiberate {
  const child = spawn(options.node ?? process.execPath, [bin, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
  });
  let stdout = '';
  let stderr = '';
  let over = false;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    tell();
  });
  const finished = once(child, 'close').then(([code]): Finished => {
    over = true;
    tell();
    return { code: code as number | null, stdout, stderr };
  });
  const lines = (): readonly LogLine[] =>
    stderr
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  return {
    process: child,
    lines,
    line: (test) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines().find(test);
          if (found === undefined && !over) return;
          listeners.delete(look);
          clearTimeout(late);
          if (found === undefined) reject(new Error(`the process ended without that line:\n${stderr}`));
          else resolve(found);
        };
        const late = setTimeout(() => {
          listeners.delete(look);
          reject(new Error(`no such line came for a minute; the last were\n${stderr.slice(-4000)}`));
        }, 60_000);
        listeners.add(look);
        look();
      }),
    kill: (signal) => void child.kill(signal),
    finished,
    async [Symbol.asyncDispose]() {
      if (!over) child.kill('SIGKILL');
      await finished;
    },
  };
}

/** Runs `liberate ARGS` to its end. */
export async function liberate(args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  await using running = startLiberate(args, options);
  return await running.finished;
}

/** Writes a jobs file (JSON is YAML) and gives its path. */
export function writeJobs(directory: string, content: object, name = 'jobs.yaml'): string {
  const path = join(directory, name);
  writeFileSync(path, JSON.stringify(content, null, 2));
  return path;
}
