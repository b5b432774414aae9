import { parseDuration } from '../kit/duration.ts';
import type { Cadence, ColumnRules, Initial, Job, What } from '../model/job.ts';
import { deadLetters, jobDefaults, manyTopic, oneTopic } from './defaults.ts';
import type { Draft } from './draft.ts';
import { isMany } from './rules.ts';
import type { JobData } from './schema/job-schema.ts';

/** The query's text, and the path it was read from as the file writes it; null: written inline. */
export interface QueryText {
  readonly text: string;
  readonly file: string | null;
}

const milliseconds = (text: string): number => parseDuration(text) as number;

function what(data: JobData, query: QueryText | null): What | null {
  if (query !== null) return { kind: 'query', text: query.text, file: query.file };
  if (data.table === undefined) return null;
  return {
    kind: 'tables',
    include: data.table.filter((name) => !name.startsWith('!')),
    exclude: data.table.filter((name) => name.startsWith('!')).map((name) => name.slice(1)),
  };
}

function columns(data: JobData['columns']): ColumnRules {
  if (data === undefined) return { include: null, exclude: [], rename: {} };
  if (Array.isArray(data)) return { include: data, exclude: [], rename: {} };
  const { include, exclude, rename } = data as Exclude<typeof data, readonly string[]>;
  return { include: include ?? null, exclude: exclude ?? [], rename: rename ?? {} };
}

const cast = (data: JobData['columns']): Job['cast'] =>
  data === undefined || Array.isArray(data) ? {} : ((data as Exclude<typeof data, readonly string[]>).cast ?? {});

function initial(data: JobData['initial']): Initial {
  if (data === undefined) return { kind: jobDefaults.initial };
  return typeof data === 'string' ? { kind: data } : { kind: 'from', value: data.from };
}

function cadence(data: JobData): Cadence {
  const { schedule, timezone = jobDefaults.timezone } = data;
  if (schedule !== undefined) return { kind: 'cron', expression: schedule, timezone };
  return { kind: 'every', ...(data.every ?? { ms: milliseconds(jobDefaults.every) }) };
}

/** A sound draft as the engine takes it; null when what it reads could not be made out. */
export function normaliseJob(draft: Draft, source: string, sink: string, query: QueryText | null, at: string): Job | null {
  const { name, data } = draft;
  const reads = what(data, query);
  if (reads === null) return null;
  return {
    name,
    source,
    sink,
    what: reads,
    columns: columns(data.columns),
    cast: cast(data.columns),
    mask: data.mask ?? {},
    where: data.where ?? null,
    deleted: data.deleted ?? null,
    key: data.key ?? null,
    mode: data.mode ?? (data.cursor === undefined ? 'bulk' : null),
    cursor: data.cursor ?? [],
    increment: data.increment ?? null,
    initial: initial(data.initial),
    batch: data.batch ?? jobDefaults.batch,
    lookback: data.lookback ?? null,
    order: data.order ?? jobDefaults.order,
    nulls: data.nulls ?? jobDefaults.nulls,
    reconcile: data.reconcile ?? null,
    topic: data.topic ?? (isMany(data.table ?? []) ? manyTopic : oneTopic),
    onBadRow: data.onBadRow ?? jobDefaults.onBadRow,
    deadLetterTopic: data.deadLetterTopic ?? `${data.topic ?? (isMany(data.table ?? []) ? manyTopic : oneTopic)}${deadLetters}`,
    format: data.format ?? jobDefaults.format,
    keyFormat: data.keyFormat ?? data.format ?? jobDefaults.format,
    envelope: data.envelope ?? jobDefaults.envelope,
    compatibility: data.compatibility ?? jobDefaults.compatibility,
    onSchemaChange: data.onSchemaChange ?? jobDefaults.onSchemaChange,
    headers: data.headers ?? {},
    partitionBy: data.partitionBy ?? [],
    eventTime: data.eventTime ?? null,
    cadence: cadence(data),
    wake: data.wake || null,
    jitter: data.jitter ?? milliseconds(jobDefaults.jitter),
    overlap: data.overlap ?? jobDefaults.overlap,
    timeout: data.timeout ?? null,
    retries: data.retries ?? jobDefaults.retries,
    enabled: data.enabled ?? jobDefaults.enabled,
    at,
  };
}
