import { Disposables } from '../../kit/disposables.ts';
import { formatDuration } from '../../kit/duration.ts';
import { count } from '../../observe/describe-event.ts';
import { openState } from '../../state/registry.ts';
import { type JobStatus, leaseOf, lettersOf, statusJson, statusOf } from '../../web/job-status.ts';
import { chooseJobs, clean, load } from '../load.ts';
import { paints } from '../paint.ts';
import { healthWord, statusLines } from '../status-text.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface StatusOptions extends CommonOptions {
  readonly job: readonly string[];
}

/** `liberate status FILE`: a screen a job, and a line each below where they are several. Exit 1 when the newest cycle of any job failed. */
export async function status(options: StatusOptions, surroundings: Surroundings): Promise<number> {
  const { stdout, signal, env } = surroundings;
  const config = await load(options, surroundings);
  const chosen = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const store = stack.use(await openState(config.state));
  await store.open(signal);
  const jobs = statusOf(chosen, await store.list());
  const now = Date.now();
  const paint = paints(stdout, env);
  if (options.json) stdout.write(`${JSON.stringify(jobs.map((job) => statusJson(job, now)))}\n`);
  else {
    for (const job of jobs) stdout.write(clean(config, `${statusLines(job, now, paint).join('\n')}\n\n`));
    if (jobs.length > 1) stdout.write(clean(config, await table(jobs, now, paint)));
  }
  return jobs.some(({ health }) => health === 'failing') ? 1 : 0;
}

async function table(jobs: readonly JobStatus[], now: number, paint: ReturnType<typeof paints>): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const out = new Table({
    head: ['job', 'health', 'last ok', 'mark', 'lag', 'published', 'dead letters', 'runner'],
    style: { head: [], border: [] },
  });
  for (const one of jobs) {
    const { job, stored } = one;
    out.push([
      job,
      healthWord(one, paint),
      stored?.lastOk == null ? '-' : `${formatDuration(Math.max(0, now - stored.lastOk.endedAt))} ago`,
      `${stored?.state?.mark?.join(', ') ?? '-'}${stored?.state?.loaded === false ? ' (loading)' : ''}`,
      stored?.lastOk?.lagMs == null ? '-' : formatDuration(stored.lastOk.lagMs),
      count(stored?.publishedTotal ?? 0),
      lettersOf(one) === 0 ? '0' : paint.yellow(count(lettersOf(one))),
      leaseOf(one)?.holder ?? '-',
    ]);
  }
  return `${out.toString()}\n`;
}
