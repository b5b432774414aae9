import type { SchemaIds } from './format.ts';
import type { Mode } from './job.ts';
import type { Gap, Watermark } from './watermark.ts';

/** What a mark belongs to: the mark means nothing under another definition. */
export interface Definition {
  readonly mode: Mode;
  readonly cursor: readonly string[];
  /** The columns that break ties in the reading order, then the rest of the event's key. */
  readonly key: readonly string[];
  /** `table shop.orders`, or `query sha256:…` of the text. */
  readonly relation: string;
}

/**
 * A job's durable progress. The invariant that each commit keeps: every row that stood at or before
 * `mark` and was visible when it was read has been acknowledged by the sink; a row that was not
 * visible then either carries a stamp at or after `since` (timestamp modes) or lies in `gaps`
 * (incrementing), and `sent` tells which rows at or after `since` have been published.
 */
export interface JobState {
  readonly definition: Definition;
  readonly mark: Watermark | null;
  /** Decimal text of Micros; null before the first complete horizon. */
  readonly since: string | null;
  /** Key → digest of the row as it was last published, for the rows that the next look-back meets. */
  readonly sent: Readonly<Record<string, string>>;
  /** `sent` also holds every row that shares the mark's own stamp: the next look-back meets them too. */
  readonly tied: boolean;
  readonly gaps: readonly Gap[];
  /** Everything up to the mark lies below `since`: it is final, and needs no look-back. Absent: it may not. */
  readonly settled?: true;
  /** The initial load has reached its end. */
  readonly loaded: boolean;
  /** Fingerprint of what consumers were last told of the stream. */
  readonly schema: string;
  /** The numbers under which a registry knows it; left out: it needs none. */
  readonly schemaIds?: SchemaIds;
  /** Which of the topic's versions the job publishes to, `orders.v2`; left out: the first, `orders`. */
  readonly topicVersion?: number;
  /** Dead letters of the job that stand; left out: none. */
  readonly deadLetters?: number;
}
