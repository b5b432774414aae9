import { formatDuration } from '../../kit/duration.ts';
import { Disposables } from '../../kit/disposables.ts';
import { backfillJob } from '../../engine/backfill.ts';
import { count } from '../../observe/describe-event.ts';
import { type Observer, tellAll } from '../../observe/event.ts';
import { progressObserver } from '../../observe/progress.ts';
import { compose } from '../compose.ts';
import { chooseJobs, load } from '../load.ts';
import { openLog } from '../logger.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface BackfillCommandOptions extends CommonOptions {
  readonly job: readonly string[];
  readonly from: string | null;
  readonly to: string | null;
  readonly dryRun: boolean;
  readonly wait: boolean;
}

/** `liberate backfill FILE --job J`: publishes what the job's relation holds, once; the live mark stays. */
export async function backfill(options: BackfillCommandOptions, surroundings: Surroundings): Promise<number> {
  const { signal, stdout, stderr } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const observer = await progress(await openLog(options, config, surroundings), options, stderr, stack);
  const engine = await compose({ config, jobs, observer, stdout, signal }, stack);
  for (const job of jobs) {
    for (const report of await backfillJob(engine, job, options, signal)) {
      const ms = report.endedAt - report.startedAt;
      if (options.json) stdout.write(`${JSON.stringify(report)}\n`);
      else if (options.dryRun) stderr.write(`${report.job}: about ${report.expected === null ? 'an unknown number of' : count(report.expected)} rows\n`);
      else stderr.write(`${report.job}: ${count(report.published)} rows in ${formatDuration(ms)}, ${count(report.published / Math.max(0.001, ms / 1000))} rows/s\n`);
    }
  }
  return 0;
}

/** On a terminal a bar takes the place of the progress lines. */
async function progress(log: Observer, options: BackfillCommandOptions, stderr: NodeJS.WriteStream, stack: Disposables): Promise<Observer> {
  if (stderr.isTTY !== true || options.logFormat === 'json' || options.dryRun) return log;
  const { default: cliProgress } = await import('cli-progress');
  const bars = new cliProgress.MultiBar(
    { stream: stderr, clearOnComplete: false, hideCursor: true, format: '{job} {bar} {percentage}%  {done} of about {all}  {rate} rows/s  {left} left' },
    cliProgress.Presets.shades_classic,
  );
  stack.defer(async () => bars.stop());
  return tellAll([(event) => (event.type === 'cycle.progress' ? undefined : log(event)), progressObserver(bars)]);
}
