import { backfillJob } from '../../engine/backfill.ts';
import type { BackfillOptions, BackfillReport } from '../../engine/backfill-options.ts';
import { Disposables } from '../../kit/disposables.ts';
import { formatDuration } from '../../kit/duration.ts';
import { count } from '../../observe/describe-event.ts';
import type { Observer } from '../../observe/event.ts';
import { progressObserver } from '../../observe/progress.ts';
import { compose } from '../compose.ts';
import { chooseJobs, load, requireJobs } from '../load.ts';
import { openLog } from '../logger.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface BackfillCommandOptions extends CommonOptions, BackfillOptions {
  readonly job: readonly string[];
}

/** `liberate backfill FILE --job J`: publishes what the job's relation holds, once; the live mark stays. */
export async function backfill(options: BackfillCommandOptions, surroundings: Surroundings): Promise<number> {
  requireJobs(options.job);
  const { signal, stdout, stderr } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const { observer, end } = await openProgress(openLog(options, config, surroundings), options, stderr);
  stack.defer(async () => end([]));
  const engine = await compose({ config, jobs, observer, stdout, signal }, stack);
  for (const job of jobs) {
    const reports = await backfillJob(engine, job, options, signal);
    end(reports);
    for (const report of reports) {
      if (options.json) stdout.write(`${JSON.stringify(report)}\n`);
      else stderr.write(`${describe(report, options.dryRun)}\n`);
    }
  }
  return 0;
}

function describe({ job, expected, published, startedAt, endedAt, chunks }: BackfillReport, dryRun: boolean): string {
  const about = (rows: number | null): string => (rows === null ? 'an unknown number of rows' : `about ${count(rows)} rows`);
  if (dryRun) {
    const lines = chunks.map((chunk) => `\n  ${chunk.chunk}: ${chunk.range}, ${about('expected' in chunk ? chunk.expected : null)}`);
    return `${job}: ${about(expected)}${chunks.length > 1 ? ` in ${count(chunks.length)} chunks${lines.join('')}` : ''}`;
  }
  const ms = endedAt - startedAt;
  return `${job}: ${count(published)} rows in ${formatDuration(ms)}, ${count(published / Math.max(0.001, ms / 1000))} rows/s`;
}

interface Progress {
  readonly observer: Observer;
  /** Fills the bars of what these reports tell, and leaves the terminal to whoever writes next. */
  end(reports: readonly BackfillReport[]): void;
}

/** On a terminal a bar takes the place of the progress lines. */
async function openProgress(log: Observer, options: BackfillCommandOptions, stderr: NodeJS.WriteStream): Promise<Progress> {
  if (stderr.isTTY !== true || options.logFormat === 'json' || options.dryRun) return { observer: log, end: () => undefined };
  const { default: cliProgress } = await import('cli-progress');
  const format = '{job} {bar} {percentage}%  {done} of about {all}  {rate} rows/s  {left} left';
  const style = { stream: stderr, clearOnComplete: false, hideCursor: true, barsize: 20, format };
  const open = (): InstanceType<typeof cliProgress.MultiBar> => new cliProgress.MultiBar(style, cliProgress.Presets.shades_classic);
  let bars = open();
  let bar = progressObserver(bars);
  return {
    observer: (event) => {
      if (event.type === 'cycle.progress') bar(event);
      // The bar tells it; a line for each chunk would tear it apart.
      else if (event.type !== 'backfill.chunk') log(event);
    },
    end: (reports) => {
      for (const { job, published, startedAt, endedAt } of reports) {
        bar({ type: 'cycle.progress', job, rows: published, expected: published, ms: endedAt - startedAt });
      }
      if (reports.length > 0 || bars.isActive) bars.stop();
      bars = open();
      bar = progressObserver(bars);
    },
  };
}
