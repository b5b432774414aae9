import { LiberateError } from '../kit/errors.ts';
import type { Column } from '../model/column.ts';
import type { Job, Mode } from '../model/job.ts';
import { type KeyTexts, keyTexts } from '../schema/key-texts.ts';

/** What decides the partition of a job's events in place of their keys. */
export interface Partition {
  /** What decides the partition of a tombstone of which there is no row any more. LIB108 where its key does not tell. */
  ofKey(key: Buffer): Buffer;
  /** What may come of it; null: nothing. */
  readonly remark: string | null;
}

/**
 * A key's events have one order only within one partition, and only there a tombstone removes them. So the partition has to follow from
 * the key, or from columns that never change: refused where a tombstone could not find it, and told where it may change.
 */
export function partitionOf(job: Job, mode: Mode, key: readonly Column[]): Partition | null {
  const { partitionBy } = job;
  if (partitionBy.length === 0) return null;
  const foreign = partitionBy.filter((name) => !key.some((column) => column.name === name));
  // What a reconcile finds gone is known by its key alone.
  const byKey = key.length > 0 && (mode === 'bulk' || job.reconcile !== null);
  if (foreign.length > 0) {
    if (byKey) throw unknownPartition(foreign);
    const names = foreign.join(', ');
    const remark = `partitionBy: ${names} ${foreign.length === 1 ? 'is' : 'are'} not part of the key; where the value of a row changes, its newer events go to another partition, and consumers and compaction keep both`;
    return { ofKey: () => raise(unknownPartition(foreign)), remark: key.length === 0 ? null : remark };
  }
  const renamed = partitionBy.map((name) => (Object.hasOwn(job.columns.rename, name) ? (job.columns.rename[name] as string) : name));
  const texts = keyTexts(job.keyFormat, renamed[0] as string);
  if (texts === null && byKey) throw unreadableKey(job);
  return { ofKey: (key) => routeOf(texts ?? raise(unreadableKey(job)), key, renamed), remark: null };
}

const routeOf = (texts: KeyTexts, key: Buffer, names: readonly string[]): Buffer => {
  const found = texts(key);
  return Buffer.from(names.map((name) => found.get(name) ?? '').join(','));
};

function raise(error: LiberateError): never {
  throw error;
}

const unknownPartition = (names: readonly string[]): LiberateError =>
  new LiberateError(
    'LIB108',
    `partitionBy names ${names.join(', ')}, which the key has not: the tombstone of a row that is gone would not find its partition`,
    {
      cure: 'Make it part of `key:`, or remove `partitionBy`.',
    },
  );

const unreadableKey = ({ keyFormat }: Job): LiberateError =>
  new LiberateError(
    'LIB108',
    `partitionBy is given, and a ${keyFormat} key does not tell its columns: the tombstone of a row that is gone would not find its partition`,
    {
      cure: 'Set `keyFormat: json` or json-schema, or remove `partitionBy`.',
    },
  );
