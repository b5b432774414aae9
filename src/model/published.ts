/**
 * What a job remembers of its stream: the newest event of each key, as a digest. New events are appended to a log of
 * segments before they leave; now and then the log is folded into buckets, each of which holds the keys of one range of
 * hashes. The segments' form is the engine's business: a store keeps bytes.
 */
export interface PublishedSegment {
  /** From 1, in the order in which the events left. */
  readonly seq: number;
  readonly entries: number;
  readonly data: Buffer;
}

export interface LogSegment extends PublishedSegment {
  /** Every event of it was acknowledged. Otherwise nobody knows which of them are in the stream. */
  readonly sure: boolean;
}

/** The keys of one range of hashes; `bucket`: its place in a binary tree, 1 the root, 2n and 2n + 1 the halves of n. */
export interface PublishedBucket {
  readonly bucket: number;
  /** The log up to this number is in it already. */
  readonly upto: number;
  /** false: the keys are right, and what was last published of them is unknown. */
  readonly sure: boolean;
  readonly pieces: readonly BucketPiece[];
}

export interface BucketPiece {
  readonly entries: number;
  readonly data: Buffer;
}

export type NewBucket = Omit<PublishedBucket, 'sure'>;

/** How much of it there is. */
export interface PublishedSize {
  readonly segments: number;
  /** Entries of the log; a key can have several. */
  readonly logged: number;
  /** Entries of the buckets. */
  readonly entries: number;
  readonly bytes: number;
  /** The highest number that any part of it knows; 0: nothing was ever remembered. */
  readonly last: number;
  /** Numbers of the buckets, from the lowest. */
  readonly buckets: readonly number[];
}

/** How a reconcile ended, and what it cost. Times are milliseconds since 1970. */
export interface ReconcileReport {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Milliseconds of work: without the polls in between. */
  readonly ms: number;
  /** Rows read, those that were looked at again among them. */
  readonly rows: number;
  /** Keys that the stream holds. */
  readonly keys: number;
  /** Rows published that the stream did not have, or not as they are. */
  readonly published: number;
  readonly tombstones: number;
  /** Bytes of the memory in the state. */
  readonly bytes: number;
}

export interface PublishedHead {
  /** Where the events went: the memory is of that stream and no other. */
  readonly sink: string;
  readonly topic: string;
  /** Milliseconds since 1970. */
  readonly begun: number;
  /** The job had published before anything was remembered. */
  readonly adopted: boolean;
  /** Events that reconciles have published beside the cycles, in all. */
  readonly told: number;
  /** Under which its events are digested, 16 hex digits; null: a version wrote it that had none, and no digest is known. */
  readonly seed: string | null;
  readonly last: ReconcileReport | null;
}

/** All of a job's memory, for `state export`. */
export interface PublishedExport {
  readonly head: PublishedHead | null;
  readonly log: readonly LogSegment[];
  readonly buckets: readonly PublishedBucket[];
}
