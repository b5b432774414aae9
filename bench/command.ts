import { UsageError } from './arguments.ts';

/** Runs a command of the bench: its servers and folders go with the process, however it ends. */
export async function command(usage: string, work: (args: readonly string[]) => Promise<void>): Promise<void> {
  // Servers and folders are given up at the exit, which a signal alone would not bring about.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  try {
    await work(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n${usage}`);
    process.exitCode = 2;
  }
}
