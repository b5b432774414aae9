import type {
  LogSegment,
  NewBucket,
  PublishedBucket,
  PublishedExport,
  PublishedHead,
  PublishedSegment,
  PublishedSize,
} from '../model/published.ts';

/**
 * What jobs remember of their streams; see model/published.ts. Every write is one transaction and under the same rule as
 * `StateStore.commit`. What cannot be read is LIB402, never empty.
 */
export interface PublishedStore {
  head(job: string): Promise<PublishedHead | null>;
  saveHead(job: string, head: PublishedHead, fence: bigint): Promise<'committed' | 'fenced'>;
  size(job: string): Promise<PublishedSize>;

  /** Adds segments to the log, not sure yet, and makes others sure. */
  append(job: string, segments: readonly PublishedSegment[], sure: readonly number[], fence: bigint): Promise<'committed' | 'fenced'>;
  /** Segments of the log after one number and up to another, in order: at most so many. */
  log(job: string, after: number, upto: number, most: number): Promise<readonly LogSegment[]>;
  /** Forgets the log up to a number: it is in the buckets. */
  dropLog(job: string, upto: number, fence: bigint): Promise<'committed' | 'fenced'>;

  /** null: there is none. */
  bucket(job: string, bucket: number): Promise<PublishedBucket | null>;
  /** Writes buckets, sure ones, in place of one. */
  replace(job: string, bucket: number, by: readonly NewBucket[], fence: bigint): Promise<'committed' | 'fenced'>;

  /** Forgets everything. */
  clear(job: string, fence: bigint): Promise<'committed' | 'fenced'>;
  dump(job: string): Promise<PublishedExport>;
  /** Writes what `dump` gave in place of everything. */
  restore(job: string, published: PublishedExport, fence: bigint): Promise<'committed' | 'fenced'>;
}
