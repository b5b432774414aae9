import type { SourceUse } from '../../engine/engine.ts';
import { readLetters } from '../../engine/letters.ts';
import { type ReplayReport, replayLetters } from '../../engine/replay.ts';
import { plansOf } from '../../engine/resolve.ts';
import { Disposables } from '../../kit/disposables.ts';
import { formatDuration } from '../../kit/duration.ts';
import type { DeadLetter } from '../../model/dead-letter.ts';
import type { Job } from '../../model/job.ts';
import { count } from '../../observe/describe-event.ts';
import { openStreamReader } from '../../sink/registry.ts';
import type { StreamReader } from '../../sink/stream-reader.ts';
import { compose, openSources } from '../compose.ts';
import { chooseJobs, clean, load, requireJobs } from '../load.ts';
import { openLog } from '../logger.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface ListOptions extends CommonOptions {
  readonly job: readonly string[];
  readonly limit: number;
}

/** `liberate deadletters list FILE`: the rows that could not be published. Exit 1 when there are any. */
export async function deadlettersList(options: ListOptions, surroundings: Surroundings): Promise<number> {
  const { signal, stdout } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const sources = await openSources(config, jobs, stack);
  const letters: DeadLetter[] = [];
  for (const job of jobs) {
    const sink = config.sinks[job.sink];
    const use = sources.get(job.source);
    // Of what went to stdout nothing can be read.
    if (sink === undefined || use === undefined || sink.kind === 'stdout') continue;
    await using reader = await openStreamReader(sink);
    letters.push(...(await lettersOfJob(job, use, reader, signal)));
  }
  const shown = letters.slice(0, options.limit);
  // The rows are data, to be had as they are.
  if (options.json) for (const letter of shown) stdout.write(`${JSON.stringify(letter)}\n`);
  else stdout.write(clean(config, await listTable(shown, letters.length)));
  return letters.length === 0 ? 0 : 1;
}

async function lettersOfJob(job: Job, use: SourceUse, reader: StreamReader, signal: AbortSignal): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const { name, deadLetterTopic } of plansOf(job, use, null, signal)) {
    letters.push(...(await readLetters(reader, deadLetterTopic, name, signal)).values());
  }
  return letters;
}

async function listTable(letters: readonly DeadLetter[], all: number): Promise<string> {
  if (all === 0) return 'no dead letters\n';
  const { default: Table } = await import('cli-table3');
  const head = ['job', 'key', 'code', 'at', 'reason'];
  const out = new Table({ head, colWidths: [null, 30, null, null, 70], wordWrap: true, style: { head: [], border: [] } });
  for (const { job, key, id, code, at, reason } of letters) out.push([job, key ?? `none (${id})`, code, at, reason]);
  const more = all > letters.length ? `and ${count(all - letters.length)} more; --limit shows more\n` : '';
  return `${out.toString()}\n${more}`;
}

export interface ReplayCommandOptions extends CommonOptions {
  readonly job: readonly string[];
  readonly key: string | null;
  readonly wait: boolean;
}

/** `liberate deadletters replay FILE --job J`: publishes the rows behind the letters as they are now. Exit 1 when some are left. */
export async function deadlettersReplay(options: ReplayCommandOptions, surroundings: Surroundings): Promise<number> {
  requireJobs(options.job);
  const { signal, stdout } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const engine = await compose({ config, jobs, observer: openLog(options, config, surroundings), stdout, signal }, stack);
  const reports: ReplayReport[] = [];
  for (const job of jobs) {
    for (const report of await replayLetters(engine, job, options, signal)) {
      reports.push(report);
      stdout.write(clean(config, options.json ? `${JSON.stringify(report)}\n` : replayLine(report)));
    }
  }
  return reports.every(({ left }) => left === 0) ? 0 : 1;
}

function replayLine({ job, topic, letters, published, gone, left, startedAt, endedAt }: ReplayReport): string {
  const parts = [`${count(letters)} dead letters in ${topic}: ${count(published)} published`];
  if (gone > 0) parts.push(`${count(gone)} whose rows are gone`);
  parts.push(`${count(left)} left`);
  return `${job}: ${parts.join(', ')} (${formatDuration(endedAt - startedAt)})\n`;
}
