import type { Job } from '../model/job.ts';
import type { SinkConfig } from '../sink/sink-config.ts';
import type { SourceConfig } from '../source/source-config.ts';
import type { Config } from './config.ts';
import { shortName } from './defaults.ts';
import { draftJob } from './draft.ts';
import { checkFormats, checkLetters, checkState, checkTopics, checkWake, warnOfUnused } from './file-rules.ts';
import { declaredNames, resolveName } from './names.ts';
import { normaliseLease, normaliseSource, normaliseState } from './normalise-database.ts';
import { normaliseJob } from './normalise-job.ts';
import { normaliseSink } from './normalise-sink.ts';
import { queryText } from './query-text.ts';
import { jobRules } from './rules.ts';
import type { FileData } from './schema/file-schema.ts';
import type { Scope } from './scope.ts';
import { keepSalts, shapingRules } from './shaping-rules.ts';

function sources(data: FileData, scope: Scope): Readonly<Record<string, SourceConfig>> {
  if (data.source !== undefined) return { [shortName]: normaliseSource(shortName, data.source, ['source'], scope) };
  const named = Object.entries(data.sources ?? {});
  return Object.fromEntries(named.map(([name, source]) => [name, normaliseSource(name, source, ['sources', name], scope)]));
}

function sinks(data: FileData, scope: Scope): Readonly<Record<string, SinkConfig>> {
  if (data.sink !== undefined) return { [shortName]: normaliseSink(shortName, data.sink, ['sink'], scope) };
  const named = Object.entries(data.sinks ?? {});
  return Object.fromEntries(named.map(([name, sink]) => [name, normaliseSink(name, sink, ['sinks', name], scope)]));
}

/** Every job that can be made, and a problem for every other. */
function jobs(data: FileData, sourceOf: Readonly<Record<string, SourceConfig>>, scope: Scope): readonly Job[] {
  const { problems } = scope;
  const sourceNames = declaredNames(problems, 'source');
  const sinkNames = declaredNames(problems, 'sink');
  return Object.entries(data.jobs).flatMap(([name, own]) => {
    const written = draftJob(name, own, data.defaults ?? {}, problems);
    const source = resolveName(written, 'source', sourceNames, problems);
    const sink = resolveName(written, 'sink', sinkNames, problems);
    const value = written.data.query;
    const query = value === undefined ? null : queryText(value, written.where('query'), scope);
    // The rules look into the query's text, wherever it stands.
    const draft = query === null ? written : { ...written, data: { ...written.data, query: query.text } };
    for (const rule of [...jobRules, ...shapingRules]) rule(draft, problems);
    keepSalts(draft, scope);
    const at = problems.at(draft.path, problems.placeOf(draft.path, 'key'));
    const job = normaliseJob(draft, source ?? '', sink ?? '', query, at);
    if (job !== null) checkWake(job, draft.where('wake'), sourceOf[job.source], problems);
    return job === null ? [] : [job];
  });
}

/** What has a sound shape → the configuration. It may only be used when no problem was added. */
export function normalise(data: FileData, scope: Scope): Config {
  const { problems, secrets } = scope;
  const sourceOf = sources(data, scope);
  const config = {
    file: problems.file.file ?? '',
    directory: problems.file.directory,
    sources: sourceOf,
    sinks: sinks(data, scope),
    state: normaliseState(data.state, scope),
    leaseTtl: normaliseLease(data.state),
    http: data.http ?? null,
    jobs: jobs(data, sourceOf, scope),
  };
  checkTopics(config.jobs, problems);
  checkLetters(config.jobs, config.sinks, problems);
  checkFormats(config.jobs, config.sinks, problems);
  checkState(config.state, Object.values(config.sources), problems);
  // With problems about, a job may lack the name that it was to use.
  if (problems.problems.length === 0) warnOfUnused(config.jobs, problems);
  return { ...config, secrets: [...secrets] };
}
