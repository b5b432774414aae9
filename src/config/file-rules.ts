import type { Format, KeyFormat } from '../model/format.ts';
import type { Job } from '../model/job.ts';
import type { SinkConfig } from '../sink/sink-config.ts';
import type { SourceConfig } from '../source/source-config.ts';
import type { StateConfig } from '../state/state-config.ts';
import { isWritten } from './jobs-file.ts';
import { type Path, shownKey } from './problem.ts';
import type { Problems } from './problems.ts';
import { isMany } from './rules.ts';
import { topicVariables } from './topic.ts';

/** The one topic that a template of a job means, where it can be told without asking the database. */
function onlyTopic(job: Job, template = job.topic): string | null {
  const known: Record<string, string> = { job: job.name, source: job.source };
  if (job.what.kind === 'tables') {
    const [name] = job.what.include;
    if (name === undefined || isMany(job.what.include)) return null;
    const dot = name.indexOf('.');
    known['table'] = name.slice(dot + 1);
    if (dot >= 0) known['schema'] = name.slice(0, dot);
  }
  if (topicVariables(template).some((name) => !Object.hasOwn(known, name))) return null;
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole);
}

/** Two jobs in one topic would undo each other's rows: the topic would fold to neither table. */
export function checkTopics(jobs: readonly Job[], problems: Problems): void {
  const owners = new Map<string, Job>();
  for (const job of jobs.filter(({ enabled }) => enabled)) {
    const topic = onlyTopic(job);
    if (topic === null) continue;
    const place = JSON.stringify([job.sink, topic]);
    const owner = owners.get(place);
    if (owner === undefined) owners.set(place, job);
    else {
      problems.add('LIB108', ['jobs', job.name, 'topic'], `is the topic of job "${shownKey(owner.name)}" too`, {
        cure: 'Give each job a topic of its own.',
      });
    }
  }
}

/** A job's stream must hold nothing but its events. */
export function checkLetters(jobs: readonly Job[], sinks: Readonly<Record<string, SinkConfig>>, problems: Problems): void {
  const topics = new Map(jobs.filter(({ enabled }) => enabled).map((job) => [JSON.stringify([job.sink, onlyTopic(job)]), job]));
  for (const job of jobs.filter(({ onBadRow }) => onBadRow === 'deadletter')) {
    if (sinks[job.sink]?.kind === 'stdout') {
      problems.add('LIB108', ['jobs', job.name, 'onBadRow'], 'is deadletter, and the sink is stdout, which keeps nothing', {
        cure: 'Publish to Kafka or to files, or remove onBadRow.',
      });
    }
    const topic = onlyTopic(job, job.deadLetterTopic);
    const owner = topic === null ? undefined : topics.get(JSON.stringify([job.sink, topic]));
    if (owner === undefined) continue;
    problems.add('LIB108', ['jobs', job.name, 'deadLetterTopic'], `is the topic of job "${shownKey(owner.name)}"`, {
      cure: 'Give the dead letters a topic of their own.',
    });
  }
}

/** Formats whose events name their schema by a number that a registry gave. */
const registered: readonly string[] = ['avro', 'protobuf', 'json-schema'] satisfies readonly Format[];

/** Bytes that are no JSON can only go to Kafka, and those with a schema's number only beside a registry. */
export function checkFormats(jobs: readonly Job[], sinks: Readonly<Record<string, SinkConfig>>, problems: Problems): void {
  for (const job of jobs) {
    const sink = sinks[job.sink];
    if (sink === undefined) continue;
    const keyIsWritten = isWritten(problems.file.value, ['jobs', job.name, 'keyFormat']);
    for (const key of keyIsWritten || job.keyFormat !== job.format ? (['format', 'keyFormat'] as const) : (['format'] as const)) {
      const found = faultOf(job[key], sink);
      if (found !== null) problems.add('LIB108', whereOf(job, key, problems), `is ${job[key]}, ${found.what}`, { cure: found.cure });
    }
  }
}

function faultOf(format: KeyFormat, sink: SinkConfig): { readonly what: string; readonly cure: string } | null {
  const bare = format === 'string';
  if (!bare && !registered.includes(format)) return null;
  if (sink.kind !== 'kafka') {
    const cure = bare ? 'Leave keyFormat out.' : 'Use json or connect, or publish to Kafka.';
    return { what: `and the sink is ${sink.kind}, whose lines are JSON`, cure };
  }
  if (bare || sink.registry !== null) return null;
  const name = shownKey(sink.name);
  return { what: `and sink "${name}" has no registry for its schemas`, cure: 'Add registry: URL to the sink, or use json or connect.' };
}

/** Where a job's key is written: in the job, or in `defaults`. */
function whereOf(job: Job, key: string, problems: Problems): Path {
  const own = ['jobs', job.name, key];
  return !isWritten(problems.file.value, own) && isWritten(problems.file.value, ['defaults', key]) ? ['defaults', key] : own;
}

/** Which hints a database can give. */
export function checkWake({ wake }: Job, path: Path, source: SourceConfig | undefined, problems: Problems): void {
  if (wake === null || source === undefined) return;
  const name = shownKey(source.name);
  if (source.kind === 'mysql') {
    const message = `is given, and nothing in MySQL or MariaDB (source "${name}") can tell of a commit`;
    problems.add('LIB108', path, message, { cure: 'Remove wake; a shorter every finds rows sooner.' });
  } else if (source.kind === 'postgres' && wake.kind === 'file') {
    problems.add('LIB108', path, `is true, and source "${name}" is PostgreSQL`, { cure: 'Name the channel: wake: orders_changed.' });
  } else if (source.kind === 'sqlite' && wake.kind === 'channel') {
    problems.add('LIB108', path, `is a channel, and source "${name}" is SQLite, which has none`, { cure: 'Write wake: true.' });
  }
}

/** The source is only read; the state is written. */
export function checkState(state: StateConfig, sources: readonly SourceConfig[], problems: Problems): void {
  if (state.kind !== 'sqlite') return;
  const same = sources.find(({ kind, url }) => kind === 'sqlite' && url === state.url);
  if (same === undefined) return;
  problems.add('LIB108', ['state'], `is the file of source "${shownKey(same.name)}"`, { cure: 'Give the state a file of its own.' });
}

export function warnOfUnused(jobs: readonly Job[], problems: Problems): void {
  for (const [room, key] of [
    ['sources', 'source'],
    ['sinks', 'sink'],
  ] as const) {
    const used = new Set(jobs.map((job) => job[key]));
    const declared = problems.file.value as Readonly<Record<string, unknown>>;
    if (!isWritten(declared, [room])) continue;
    for (const name of Object.keys(declared[room] as object)) {
      if (!used.has(name)) problems.warn([room, name], 'is used by no job', 'Remove it, or name it in a job.');
    }
  }
}
