import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/liberate.js', import.meta.url));

/** util-linux's `script` runs a command in a terminal of its own. */
export const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

/** Runs `liberate ARGS` in a terminal of 200 columns; `screen`: all that came to it, stdout and stderr alike. */
export async function inTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly screen: string }> {
  const quoted = [process.execPath, bin, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env;
  const child = spawn('script', ['-qec', `stty cols 200; ${quoted}`, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...inherited, TERM: 'xterm', ...env },
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, screen };
}
