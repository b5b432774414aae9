import type { TopicSpec } from '../model/record.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type { Finding } from '../model/report.ts';
import type { SchemaKeeper } from './schema-keeper.ts';

/** How much one `send` may carry and how many may be under way at once for one topic. */
export interface SinkLimits {
  readonly records: number;
  readonly bytes: number;
  readonly inFlight: number;
}

/** A topic as it is, or as a run would make it; nothing was made. */
export interface TopicOutlook {
  readonly exists: boolean;
  /** null: the broker's default, or a sink without partitions. */
  readonly partitions: number | null;
  /** `cleanup.policy`; null: not told, or a sink without one. */
  readonly policy: string | null;
  readonly findings: readonly Finding[];
}

/**
 * Where events go. Native errors are sorted into LiberateError (LIB3xx) at the edge.
 * Not their job: ordering across sends (the engine completes them in order), retrying a failed cycle.
 */
export interface Sink extends AsyncDisposable {
  readonly name: string;
  readonly kind: 'kafka' | 'ndjson' | 'stdout' | 'memory';
  /** Where the histories of its streams' schemas are; null: nowhere. */
  readonly schemas: SchemaKeeper | null;

  /** Connects, or touches the folder. LIB301, LIB302, LIB306. */
  check(signal: AbortSignal): Promise<readonly Finding[]>;

  /** Makes the topic when it is missing, looks at it when it is there; called before the first send of a run. */
  prepare(topic: TopicSpec, signal: AbortSignal): Promise<readonly Finding[]>;

  /** What `prepare` would find, without making anything. */
  look(topic: TopicSpec, signal: AbortSignal): Promise<TopicOutlook>;

  limits(topic: string): SinkLimits;

  /**
   * Resolves when every record is durably acknowledged, in the order given. After a rejection any
   * prefix may have been written: the caller sends them again (at least once).
   *
   * The batch belongs to the sink until the promise settles. After a rejection it may still be read
   * from: the caller never fills or sends that batch again, but another with the same records.
   *
   * While the failure of a send has not been told, further sends of its topic fail like it. Who has several under way
   * reacts to this very promise: what is sent after that counts as an answer to the failure, and is written.
   */
  send(topic: string, batch: RecordBatch, signal: AbortSignal): Promise<void>;
}
