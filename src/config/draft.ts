import { isWritten } from './jobs-file.ts';
import type { Path } from './problem.ts';
import type { Problems } from './problems.ts';
import type { DefaultsData, JobData } from './schema/job-schema.ts';

export type JobKey = keyof JobData;

/** A job with the file's `defaults` filled in, before the rules. */
export interface Draft {
  readonly name: string;
  readonly path: Path;
  /** Without the values that have a problem already. */
  readonly data: JobData;
  /** The key is written for this job, with a sound value or not. */
  readonly has: (key: JobKey) => boolean;
  /** Where the key is written, in the job or in `defaults`; where it would be written if it is not. */
  readonly where: (key: JobKey) => Path;
}

const cursorKeys: readonly JobKey[] = ['initial', 'lookback', 'order', 'nulls', 'increment', 'reconcile'];

/** What the job itself says takes the opposite out of `defaults`, rather than contradict it. */
function overruled(own: JobData, ownHas: (key: JobKey) => boolean, inherits: (key: JobKey) => boolean): ReadonlySet<JobKey> {
  const gone = new Set<JobKey>();
  const drop = (...keys: readonly JobKey[]): void => {
    for (const key of keys) gone.add(key);
  };
  const has = (key: JobKey): boolean => ownHas(key) || (inherits(key) && !gone.has(key));
  if (ownHas('every')) drop('schedule');
  if (ownHas('schedule')) drop('every', 'wake');
  if (own.wake) drop('schedule');
  if (!has('schedule')) drop('timezone');
  if (own.mode === 'bulk') drop('cursor');
  if (!has('cursor')) drop(...cursorKeys);
  if (own.mode === 'incrementing' || own.mode === 'transaction') drop('order');
  if (own.nulls === 'include' && !ownHas('order')) drop('order');
  if (ownHas('mode') && own.mode !== 'timestamp+incrementing' && own.mode !== 'transaction') drop('increment');
  return gone;
}

export function draftJob(name: string, own: JobData, defaults: DefaultsData, problems: Problems): Draft {
  const path: Path = ['jobs', name];
  const root = problems.file.value;
  const ownHas = (key: JobKey): boolean => isWritten(root, [...path, key]);
  const inherits = (key: JobKey): boolean => isWritten(root, ['defaults', key]);
  const gone = overruled(own, ownHas, inherits);
  const inherited = Object.entries(defaults).filter(([key]) => !gone.has(key as JobKey) && !ownHas(key as JobKey));
  return {
    name,
    path,
    data: { ...Object.fromEntries(inherited), ...own },
    has: (key) => ownHas(key) || (inherits(key) && !gone.has(key)),
    where: (key) => (!ownHas(key) && inherits(key) && !gone.has(key) ? ['defaults', key] : [...path, key]),
  };
}
