import { type VerifyReport, verifyJob } from '../../engine/verify.ts';
import { Disposables } from '../../kit/disposables.ts';
import { formatDuration } from '../../kit/duration.ts';
import { LiberateError } from '../../kit/errors.ts';
import { count } from '../../observe/describe-event.ts';
import { openStreamReader } from '../../sink/registry.ts';
import { compose } from '../compose.ts';
import { chooseJobs, clean, load, requireJobs } from '../load.ts';
import { openLog } from '../logger.ts';
import { paints } from '../paint.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface VerifyCommandOptions extends CommonOptions {
  readonly job: readonly string[];
  readonly repair: boolean;
  readonly tombstones: boolean;
  readonly samples: number;
  readonly wait: boolean;
}

/** `liberate verify FILE --job J`: is the stream the table? Exit 1 when one is not. */
export async function verify(options: VerifyCommandOptions, surroundings: Surroundings): Promise<number> {
  requireJobs(options.job);
  if (options.tombstones && !options.repair)
    throw new LiberateError('LIB110', '--tombstones says what --repair may do, and --repair is missing');
  const { signal, stdout, env } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const observer = openLog(options, config, surroundings);
  const engine = await compose({ config, jobs, observer, stdout, signal }, stack);
  const reports: VerifyReport[] = [];
  for (const job of jobs) {
    const sink = config.sinks[job.sink];
    if (sink === undefined) throw new LiberateError('LIB901', `no sink "${job.sink}" in a checked file`);
    await using reader = await openStreamReader(sink);
    for (const report of await verifyJob(engine, job, reader, options, signal)) {
      reports.push(report);
      if (options.json) stdout.write(`${clean(config, JSON.stringify(report))}\n`);
    }
  }
  if (!options.json) stdout.write(clean(config, await table(reports, paints(stdout, env))));
  return reports.every(({ same }) => same) ? 0 : 1;
}

async function table(reports: readonly VerifyReport[], paint: ReturnType<typeof paints>): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const head = ['job', 'stream', 'rows', 'events', 'missing', 'stale', 'extra', 'dead letters', 'in flight', 'took'];
  const out = new Table({ head, style: { head: [], border: [] } });
  for (const { job, same, rows, events, missing, stale, extra, deadLetters, inFlight, startedAt, endedAt } of reports) {
    const word = same ? paint.green('the table') : paint.red('differs');
    out.push([job, word, ...[rows, events, missing, stale, extra, deadLetters, inFlight].map(count), formatDuration(endedAt - startedAt)]);
  }
  return `${out.toString()}\n${reports.flatMap(remarks).join('')}`;
}

function remarks(report: VerifyReport): readonly string[] {
  const { job, samples, repaired, unloaded, deadLetters, extra, deletesTold } = report;
  const lines = (['missing', 'stale', 'extra'] as const).flatMap((kind) => {
    const more = report[kind] - samples[kind].length;
    if (samples[kind].length === 0) return [];
    return [`${kind}: ${samples[kind].join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}`];
  });
  if (extra > 0 && !deletesTold) lines.push('extra keys are no fault of this job: it does not publish deletes');
  if (unloaded > 0) lines.push(`${count(unloaded)} rows were never published: the job began with initial: skip`);
  if (deadLetters > 0)
    lines.push(
      `${count(deadLetters)} ${deadLetters === 1 ? 'row is' : 'rows are'} in the dead letters: \`liberate deadletters list\` says why`,
    );
  if (repaired !== null) lines.push(`published again: ${count(repaired.published)} rows, ${count(repaired.tombstones)} tombstones`);
  return lines.map((line) => `${job}: ${line}\n`);
}
