/**
 * The library: what `liberate run` and `liberate backfill` do, for a Node process that embeds them.
 * It installs no signal handlers and prints nothing; stop it with the signal.
 */
import { compose } from './cli/compose.ts';
import { openHttp } from './cli/http.ts';
import { chooseJobs } from './cli/load.ts';
import type { Config } from './config/config.ts';
import { configFromObject, loadConfig } from './config/read-jobs-file.ts';
import { backfillJob } from './engine/backfill.ts';
import type { BackfillReport } from './engine/backfill-options.ts';
import { runJobs } from './engine/run.ts';
import { Disposables } from './kit/disposables.ts';
import { LiberateError } from './kit/errors.ts';
import { type Observer, tellAll } from './observe/event.ts';

export type { BackfillReport } from './engine/backfill-options.ts';
export { type ErrorCode, errorTable, formatError, LiberateError } from './kit/errors.ts';
export type { CycleReport } from './model/report.ts';
export type { LiberateEvent, Observer } from './observe/event.ts';

export interface LibraryOptions {
  /** Path of a jobs file, or its content as an object; relative paths in an object start from `directory`. */
  readonly jobs: string | object;
  /** Default: the working directory. */
  readonly directory?: string;
  /** Only these jobs. */
  readonly only?: readonly string[];
  /** Variables of `${NAME}`; default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Hears every event. It must not block; what it throws is dropped. */
  readonly observer?: Observer;
  /** Ends the run in order: the batch under way is finished or given up, the mark saved. */
  readonly signal?: AbortSignal;
}

export interface RunLibraryOptions extends LibraryOptions {
  /** Each job until it is caught up. */
  readonly once?: boolean;
  /** Wait for jobs that another runner holds; default true. */
  readonly wait?: boolean;
}

export interface BackfillLibraryOptions extends LibraryOptions {
  /** Cursor at or after this text, and before `to`. */
  readonly from?: string;
  readonly to?: string;
  /** Chunks of so much time of the cursor, `1d` or `6h`; default: of so many rows. */
  readonly window?: string;
  /** Chunks at a time, fewer than the source's `pool`; default 1. */
  readonly parallel?: number;
  /** Go on with an unfinished backfill of the same rows, or begin where there is none. Without it, one that is unfinished is LIB503. */
  readonly resume?: boolean;
  /** Give an unfinished backfill up and begin anew. */
  readonly restart?: boolean;
  readonly wait?: boolean;
}

/** Resolves when every job has run once, or when the signal has ended the schedule. `failures`: the newest of each failing job. */
export async function run(options: RunLibraryOptions): Promise<{ readonly failures: ReadonlyMap<string, LiberateError> }> {
  return withEngine(options, true, ({ engine, jobs, signal }) =>
    runJobs(engine, jobs, { once: options.once ?? false, waitForLease: options.wait ?? true }, signal),
  );
}

/** Publishes what the named jobs' relations hold now; the live marks stay. */
export async function backfill(options: BackfillLibraryOptions): Promise<readonly BackfillReport[]> {
  return withEngine(options, false, async ({ engine, jobs, signal }) => {
    const { from = null, to = null, window = null, parallel = 1, resume = false, restart = false, wait = false } = options;
    const own = { from, to, window, parallel, resume, restart, wait, dryRun: false };
    const reports: BackfillReport[] = [];
    for (const job of jobs) {
      reports.push(...(await backfillJob(engine, job, own, signal)));
    }
    return reports;
  });
}

interface Use {
  readonly engine: Awaited<ReturnType<typeof compose>>;
  readonly jobs: Config['jobs'];
  readonly signal: AbortSignal;
}

async function withEngine<T>(options: LibraryOptions, serves: boolean, work: (use: Use) => Promise<T>): Promise<T> {
  const config = await read(options);
  const jobs = chooseJobs(config, options.only ?? []);
  const signal = options.signal ?? new AbortController().signal;
  await using stack = new Disposables();
  const web = serves ? await openHttp(config, jobs) : null;
  const observer = tellAll([options.observer, web?.observer].filter((one) => one !== undefined));
  const engine = await compose({ config, jobs, observer, stdout: process.stdout, signal }, stack);
  if (web !== null) observer({ type: 'run.listening', url: stack.use(await web.listen(engine.store)).url });
  return await work({ engine, jobs, signal });
}

/** Every mistake of the file in one error, the first one's code. */
async function read({ jobs, directory, env }: LibraryOptions): Promise<Config> {
  const variables = env ?? process.env;
  const result =
    typeof jobs === 'string' ? await loadConfig(jobs, variables) : configFromObject(jobs, directory ?? process.cwd(), variables);
  if (result.ok) return result.config;
  const [first] = result.problems;
  const message = result.problems.map((problem) => `${problem.at}: ${problem.message}`).join('; ');
  throw new LiberateError(first?.code ?? 'LIB901', message, first === undefined ? {} : { cure: first.cure });
}
