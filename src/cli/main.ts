import { asLiberateError, formatError, LiberateError } from '../kit/errors.ts';
import { redactSecrets } from '../kit/redact.ts';
import { packageVersion } from '../kit/version.ts';
import { commands, letterCommands, schemaCommands, stateCommands } from './commands.ts';
import { ConfigRefused } from './config-refused.ts';
import { nameRuntime } from './navigator.ts';
import { paints } from './paint.ts';
import { plainLine } from './plain-line.ts';
import { Interrupted, interruptedExit, onSignals } from './signals.ts';
import type { Surroundings } from './surroundings.ts';

/** Milliseconds. */
const leaveAfter = 250;

/** The one place where a failure becomes an exit code. */
export async function main(args: readonly string[]): Promise<number> {
  nameRuntime();
  const { stdout, stderr, env } = process;
  const controller = new AbortController();
  const off = onSignals(controller, () => undefined);
  // A reader that went away (`liberate preview … | head`) is no failure of ours.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const surroundings = { stdout, stderr, env, signal: controller.signal, secrets: new Set<string>() };
  try {
    const line =
      plainLine(args, [...commands, ...schemaCommands, ...letterCommands, ...stateCommands]) ??
      (await (await import('./cli.ts')).readLine(args, packageVersion()));
    return line === null ? 0 : await line.command.run(line.said, surroundings);
  } catch (thrown) {
    return await exitOf(thrown, surroundings, args.includes('--json'));
  } finally {
    off();
    leave();
  }
}

/** A connection whose other end has fallen silent must not keep a process that has done its work, once all it said is out. */
function leave(): void {
  setTimeout(() => {
    if (process.stdout.writableLength + process.stderr.writableLength > 0) leave();
    else process.exit();
  }, leaveAfter).unref();
}

async function exitOf(thrown: unknown, { signal, stderr, env, secrets }: Surroundings, json: boolean): Promise<number> {
  if (thrown instanceof ConfigRefused) return 2;
  if (thrown instanceof Interrupted || (signal.aborted && !(thrown instanceof LiberateError))) return interruptedExit;
  const error = asLiberateError(thrown);
  const clean = (text: string): string => redactSecrets(text, [...secrets]);
  const { code, message, cure, place } = error;
  if (json) stderr.write(`${JSON.stringify({ error: { code, message: clean(message), cure: clean(cure), ...place } })}\n`);
  else stderr.write(`${paints(stderr, env).red('error')} ${clean(formatError(error))}\n`);
  if (code === 'LIB901' && thrown instanceof Error) {
    const { withSources } = await import('./stack.ts');
    stderr.write(`${clean(withSources(thrown.stack ?? ''))}\n`);
  }
  return error.exit;
}
