import { readFileSync } from 'node:fs';
import { asLiberateError, formatError, LiberateError } from '../kit/errors.ts';
import { redactUrl } from '../kit/redact.ts';
import { commandLine } from './cli.ts';
import { ConfigRefused } from './load.ts';
import { paints } from './paint.ts';
import { Interrupted, interruptedExit, onSignals } from './signals.ts';

/** The one place where a failure becomes an exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { stdout, stderr, env } = process;
  const controller = new AbortController();
  const off = onSignals(controller, () => undefined);
  // A reader that went away (`liberate preview … | head`) is no failure of ours.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  let exit = 0;
  try {
    const surroundings = { stdout, stderr, env, signal: controller.signal };
    await commandLine(args, surroundings, packageVersion(), (code) => {
      exit = code;
    }).parseAsync();
  } catch (thrown) {
    exit = exitOf(thrown, controller.signal, stderr);
  } finally {
    off();
  }
  return exit;
}

function exitOf(thrown: unknown, signal: AbortSignal, stderr: NodeJS.WriteStream): number {
  if (thrown instanceof ConfigRefused) return 2;
  if (thrown instanceof Interrupted || (signal.aborted && !(thrown instanceof LiberateError))) return interruptedExit;
  const error = asLiberateError(thrown);
  stderr.write(`${paints(stderr).red('error')} ${redactUrl(formatError(error))}\n`);
  if (error.code === 'LIB901' && thrown instanceof Error) stderr.write(`${redactUrl(thrown.stack ?? '')}\n`);
  return error.exit;
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  return version;
}
