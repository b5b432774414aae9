import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figures } from './result.ts';

const preload = fileURLToPath(new URL('usage.cjs', import.meta.url));

export interface Usage {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Null of a pipeline: its processes have a peak each. */
  readonly peakMegabytes: number | null;
}

/** What a measured command runs in. Files of the measuring are made in the folder. */
export interface Surroundings {
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `node ARGS` from start to exit. Rejects with the end of its stderr when it fails. */
export async function measureNode(args: readonly string[], { directory, env }: Surroundings): Promise<Usage> {
  const file = join(directory, 'usage.json');
  await rm(file, { force: true });
  const measured = { directory, env: { ...env, LIBERATE_BENCH_USAGE: file } };
  const wallSeconds = await timed(process.execPath, ['--require', preload, ...args], measured);
  return { wallSeconds, ...parseUsage(await readFile(file, 'utf8')) };
}

/** Runs a pipeline of the shell; the CPU time is that of all its processes. */
export async function measurePipeline(pipeline: string, { directory, env }: Surroundings): Promise<Usage> {
  const file = join(directory, 'times');
  const script = `set -o pipefail; ${pipeline}; status=$?; times >"$TIMES"; exit $status`;
  const wallSeconds = await timed('bash', ['-c', script], { directory, env: { ...env, TIMES: file, LC_ALL: 'C' } });
  return { wallSeconds, cpuSeconds: parseTimes(await readFile(file, 'utf8')), peakMegabytes: null };
}

/** As a preloaded `usage.cjs` left it. */
export function parseUsage(text: string): Pick<Usage, 'cpuSeconds' | 'peakMegabytes'> {
  const { cpuMicroseconds, peakKilobytes }: { cpuMicroseconds: number; peakKilobytes: number } = JSON.parse(text);
  return { cpuSeconds: cpuMicroseconds / 1e6, peakMegabytes: peakKilobytes / 1024 };
}

/** Seconds of CPU that the shell's children used, of what its word `times` prints: the second line, user and system. */
export function parseTimes(text: string): number {
  const children = text.split('\n')[1] ?? '';
  const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  if (times.length !== 2) throw new Error(`the shell's times cannot be read: ${JSON.stringify(text)}`);
  return times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

/** The figures of moving so many rows. */
export function throughput(rows: number, { wallSeconds, cpuSeconds, peakMegabytes }: Usage): Figures {
  const figures = { 'wall s': wallSeconds, 'rows/s': rows / wallSeconds, 'cpu s': cpuSeconds };
  return peakMegabytes === null ? figures : { ...figures, 'peak MB': peakMegabytes };
}

/** Seconds of wall clock. The output goes to a file: a pipe would be work for the process that measures. */
async function timed(command: string, args: readonly string[], { directory, env }: Surroundings): Promise<number> {
  const log = join(directory, 'stderr');
  const output = await open(log, 'w');
  try {
    const begin = performance.now();
    const child = spawn(command, args, { cwd: directory, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', output.fd] });
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    const seconds = (performance.now() - begin) / 1000;
    if (code === 0) return seconds;
    const end = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-10).join('\n');
    throw new Error(`${command} ended with ${code ?? signal}; the end of its log:\n${end}`);
  } finally {
    await output.close();
  }
}
