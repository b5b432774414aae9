import { runJobs } from '../../engine/run.ts';
import { Disposables } from '../../kit/disposables.ts';
import type { LiberateError } from '../../kit/errors.ts';
import { tellAll } from '../../observe/event.ts';
import { compose } from '../compose.ts';
import { openHttp } from '../http.ts';
import { chooseJobs, load } from '../load.ts';
import { openLog } from '../logger.ts';
import { Interrupted, interruptedExit } from '../signals.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface RunOptions extends CommonOptions {
  readonly once: boolean;
  readonly job: readonly string[];
  /** Wait for a lease that another runner holds; otherwise exit with 4. */
  readonly wait: boolean;
}

/** `liberate run FILE`: schedules every job until it is told to stop, or runs each once. Returns the exit code. */
export async function run(options: RunOptions, surroundings: Surroundings): Promise<number> {
  const startedAt = Date.now();
  const { signal, stdout } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  const web = await openHttp(config, jobs);
  const log = openLog(options, config, surroundings);
  const observer = web === null ? log : tellAll([log, web.observer]);
  await using stack = new Disposables();
  const engine = await compose({ config, jobs, observer, stdout, signal }, stack);
  signal.addEventListener('abort', () => observer({ type: 'run.stopping', reason: stopReason(signal) }), { once: true });
  if (web !== null) observer({ type: 'run.listening', url: stack.use(await web.listen(engine.store)).url });
  observer({ type: 'run.ready', jobs: jobs.length, ms: Date.now() - startedAt });
  const { failures } = await runJobs(engine, jobs, { once: options.once, waitForLease: options.wait }, signal);
  if (signal.aborted) return stoppedExit(options.once, signal);
  return exitOf([...failures.values()]);
}

const stopReason = ({ reason }: AbortSignal): string => (reason instanceof Interrupted ? reason.signal : 'asked to stop');

/** A scheduled run has no end of its own: SIGTERM is how it ends in order. What had an end was interrupted. */
function stoppedExit(once: boolean, { reason }: AbortSignal): number {
  return !once && reason instanceof Interrupted && reason.signal === 'SIGTERM' ? 0 : interruptedExit;
}

/** 0 when none failed; the exit code that all failures share; otherwise 1. */
export function exitOf(failures: readonly LiberateError[]): number {
  const codes = new Set(failures.map(({ exit }) => exit));
  const [only] = codes;
  if (only === undefined) return 0;
  return codes.size === 1 ? only : codes.has(4) ? 4 : 1;
}
