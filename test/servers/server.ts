import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.ts';

/** A server process of the tests. Its port and its data stay the same through kill and restart. */
export interface RunningServer<Facts> extends AsyncDisposable {
  readonly facts: Facts;
  /** Orderly, as an operator does it. */
  stop(): Promise<void>;
  /** As a crash does it: nothing is flushed or said to the clients; what was committed stays. */
  kill(): Promise<void>;
  /** After stop or kill, or instead of them. Resolves when the server answers again. */
  restart(): Promise<void>;
}

export interface ServerPlan<Facts> {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly account: Account | null;
  readonly stopSignal: NodeJS.Signals;
  readonly killSignal: NodeJS.Signals;
  readonly logFile: string;
  readonly facts: Facts;
  /** Rejects as long as the server does not answer. */
  readonly probe: () => Promise<unknown>;
}

const startTimeout = 90_000;
const stopTimeout = 30_000;

export async function startServer<Facts>(plan: ServerPlan<Facts>): Promise<RunningServer<Facts>> {
  let child = await spawnServer(plan);
  // An interrupted run exits without stopping anything. First of all, as the folders go at the exit too.
  const atExit = (): void => {
    child.kill(plan.killSignal);
  };
  process.prependListener('exit', atExit);
  await answering(plan, child);

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (isOver(child)) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeout);
    await exit;
    clearTimeout(timer);
  };

  return {
    facts: plan.facts,
    stop: () => end(plan.stopSignal),
    kill: () => end(plan.killSignal),
    restart: async () => {
      await end(plan.stopSignal);
      child = await spawnServer(plan);
      await answering(plan, child);
    },
    [Symbol.asyncDispose]: async () => {
      await end(plan.stopSignal);
      process.off('exit', atExit);
    },
  };
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function spawnServer<Facts>(plan: ServerPlan<Facts>): Promise<ChildProcess> {
  const [command = plan.command, ...args] = [...(await dyingWithUs(plan.stopSignal)), plan.command, ...plan.args];
  const log = await open(plan.logFile, 'a');
  const child = spawn(command, args, {
    cwd: plan.directory,
    stdio: ['ignore', log.fd, log.fd],
    // A session of its own: Ctrl-C in the terminal is for us, and we stop the servers in order.
    detached: true,
    ...(plan.account ?? {}),
  });
  try {
    // Rejects when the program cannot be run. Listened for at once: the event does not wait for us.
    await once(child, 'spawn');
    return child;
  } finally {
    await log.close();
  }
}

/** On Linux, what to put before a command so that a killed test run leaves no server behind. */
async function dyingWithUs(signal: NodeJS.Signals): Promise<readonly string[]> {
  const setpriv = '/usr/bin/setpriv';
  const there = await access(setpriv, constants.X_OK).then(
    () => true,
    () => false,
  );
  return there ? [setpriv, '--pdeathsig', signal] : [];
}

async function answering<Facts>(plan: ServerPlan<Facts>, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startTimeout;
  for (;;) {
    const problem = await plan.probe().then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if (isOver(child)) throw await startError(plan, 'ended', problem?.error);
    if (!problem) return;
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      throw await startError(plan, `does not answer after ${startTimeout} ms`, problem.error);
    }
    await sleep(50);
  }
}

async function startError<Facts>(plan: ServerPlan<Facts>, what: string, cause: unknown): Promise<Error> {
  const log = await readFile(plan.logFile, 'utf8').catch(() => '');
  const tail = log.trimEnd().split('\n').slice(-20).join('\n');
  return new Error(`${plan.name} ${what}; the end of its log:\n${tail}`, { cause });
}
