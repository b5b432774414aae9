import { formatDuration } from '../kit/duration.ts';
import type { Job } from '../model/job.ts';
import type { Mask } from '../model/shaping.ts';

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
const pairs = (entries: Readonly<Record<string, string>>): string =>
  list(Object.entries(entries).map(([name, value]) => `${name}=${value}`));
const flatten = (sql: string): string => sql.trim().replace(/\s+/g, ' ');

function columns({ columns: { include, exclude, rename }, cast }: Job): string {
  const parts = [
    include === null ? 'all' : include.join(', '),
    exclude.length === 0 ? '' : `without ${exclude.join(', ')}`,
    ...Object.entries(cast).map(([name, { text }]) => `${name} cast to ${text}`),
    ...Object.entries(rename).map(([from, to]) => `${from} as ${to}`),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** Never the salt. */
const maskText = (mask: Mask): string =>
  mask.kind === 'redact' ? 'redacted' : mask.kind === 'keep' ? `kept to its last ${mask.last}` : `hashed, ${mask.encoding}`;

function cadence({ cadence: when }: Job): readonly [string, string] {
  if (when.kind === 'cron') return ['schedule', `${when.expression} (${when.timezone})`];
  return ['every', when.most === undefined ? formatDuration(when.ms) : `${formatDuration(when.ms)}..${formatDuration(when.most)}`];
}

type Told = string | readonly [string, string] | null;

/** How each key of a job is told; null: it stands elsewhere in the plan. A key that is added has to be told too. */
const told: { readonly [K in keyof Job]: (job: Job) => Told } = {
  name: () => null,
  source: ({ source }) => source,
  sink: ({ sink }) => sink,
  what: () => null,
  at: () => null,
  mode: () => null,
  cursor: () => null,
  key: () => null,
  topic: () => null,
  columns,
  cast: () => null,
  mask: ({ mask }) => list(Object.entries(mask).map(([name, of]) => `${name} ${maskText(of)}`)),
  where: ({ where }) => (where === null ? 'all rows' : flatten(where)),
  deleted: ({ deleted }) => (deleted === null ? 'none' : flatten(deleted)),
  increment: ({ increment }) => increment ?? null,
  initial: ({ initial }) => (initial.kind === 'from' ? `from ${initial.value}` : initial.kind),
  batch: ({ batch }) => String(batch),
  lookback: ({ lookback }) => (lookback === null ? 'what the source needs' : formatDuration(lookback)),
  order: ({ order }) => order,
  nulls: ({ nulls }) => nulls,
  reconcile: ({ reconcile }) => (reconcile === null ? 'never' : formatDuration(reconcile)),
  onBadRow: ({ onBadRow }) => onBadRow,
  deadLetterTopic: ({ onBadRow, deadLetterTopic }) => (onBadRow === 'fail' ? null : deadLetterTopic),
  format: ({ format }) => format,
  keyFormat: ({ keyFormat }) => keyFormat,
  envelope: ({ envelope }) => envelope,
  compatibility: ({ compatibility }) => compatibility,
  onSchemaChange: ({ onSchemaChange }) => onSchemaChange,
  headers: ({ headers }) => pairs(headers),
  partitionBy: ({ partitionBy }) => (partitionBy.length === 0 ? 'the key' : list(partitionBy)),
  eventTime: ({ eventTime }) => eventTime ?? 'the cursor, or the time of reading',
  cadence,
  wake: ({ wake }) => (wake === null ? 'none' : wake.kind === 'file' ? 'true' : wake.channel),
  jitter: ({ jitter }) => formatDuration(jitter),
  overlap: ({ overlap }) => overlap,
  timeout: ({ timeout }) => (timeout === null ? 'none' : formatDuration(timeout)),
  retries: ({ retries }) => String(retries),
  enabled: ({ enabled }) => String(enabled),
};

/** Every key of a job with the value in force, defaults filled in, as the jobs file names them. */
export function jobKeys(job: Job): readonly (readonly [key: string, value: string])[] {
  return Object.entries(told).flatMap(([key, tell]) => {
    const value = tell(job);
    if (value === null) return [];
    return [typeof value === 'string' ? ([key, value] as const) : value];
  });
}
