import { Disposables } from '../../kit/disposables.ts';
import { formatDuration } from '../../kit/duration.ts';
import type { Job } from '../../model/job.ts';
import { count } from '../../observe/describe-event.ts';
import { openState } from '../../state/registry.ts';
import type { StoredJob } from '../../state/state-store.ts';
import { chooseJobs, clean, load } from '../load.ts';
import { paints } from '../paint.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface StatusOptions extends CommonOptions {
  readonly job: readonly string[];
}

interface Line {
  readonly job: string;
  readonly health: 'ok' | 'failing' | 'never ran';
  readonly stored: StoredJob | null;
}

/** `liberate status FILE`: a line a job. Exit 1 when the newest cycle of any job failed. */
export async function status(options: StatusOptions, surroundings: Surroundings): Promise<number> {
  const { stdout, signal, env } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const store = stack.use(await openState(config.state));
  await store.open(signal);
  const lines = linesOf(jobs, await store.list());
  if (options.json) stdout.write(`${JSON.stringify(lines.map(asJson))}\n`);
  else stdout.write(clean(config, await table(lines, Date.now(), paints(stdout, env))));
  return lines.some(({ health }) => health === 'failing') ? 1 : 0;
}

/** A wildcard job has a line for each of its tables. */
function linesOf(jobs: readonly Job[], stored: readonly StoredJob[]): readonly Line[] {
  return jobs.flatMap(({ name }): readonly Line[] => {
    const own = stored.filter(({ job }) => job === name || job.startsWith(`${name}/`));
    if (own.length === 0) return [{ job: name, health: 'never ran', stored: null }];
    return own.map((one) => ({ job: one.job, health: healthOf(one), stored: one }));
  });
}

function healthOf({ last, failuresInARow }: StoredJob): Line['health'] {
  if (last === null) return 'never ran';
  return failuresInARow > 0 ? 'failing' : 'ok';
}

function asJson({ job, health, stored }: Line): object {
  return {
    job,
    health,
    mark: stored?.state?.mark ?? null,
    loaded: stored?.state?.loaded ?? false,
    gaps: stored?.state?.gaps.length ?? 0,
    lookback: Object.keys(stored?.state?.sent ?? {}).length,
    lastOk: stored?.lastOk ?? null,
    last: stored?.last ?? null,
    publishedTotal: stored?.publishedTotal ?? 0,
    failuresInARow: stored?.failuresInARow ?? 0,
    committedAt: stored?.committedAt ?? null,
    lease:
      stored?.lease == null || stored.lease.msLeft <= 0
        ? null
        : { holder: stored.lease.holder, fence: String(stored.lease.fence), msLeft: stored.lease.msLeft },
  };
}

async function table(lines: readonly Line[], now: number, paint: ReturnType<typeof paints>): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const out = new Table({ head: ['job', 'health', 'last ok', 'mark', 'lag', 'published', 'runner'], style: { head: [], border: [] } });
  const words = { ok: paint.green('ok'), failing: paint.red('failing'), 'never ran': paint.dim('never ran') };
  for (const { job, health, stored } of lines) {
    out.push([
      job,
      health === 'failing' ? `${words.failing} (${stored?.failuresInARow})` : words[health],
      stored?.lastOk == null ? '-' : `${formatDuration(Math.max(0, now - stored.lastOk.endedAt))} ago`,
      `${stored?.state?.mark?.join(', ') ?? '-'}${stored?.state?.loaded === false ? ' (loading)' : ''}`,
      stored?.lastOk?.lagMs == null ? '-' : formatDuration(stored.lastOk.lagMs),
      count(stored?.publishedTotal ?? 0),
      stored?.lease == null || stored.lease.msLeft <= 0 ? '-' : stored.lease.holder,
    ]);
  }
  const failing = lines.filter(({ health }) => health === 'failing');
  const reasons = failing.map(({ stored }) => `${paint.red('failing')}  ${stored?.last?.reason ?? 'no reason was kept'}\n`);
  return `${out.toString()}\n${reasons.join('')}`;
}
