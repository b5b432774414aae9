import type { Compatibility, Envelope, Format, KeyFormat, OnSchemaChange } from './format.ts';
import type { Cast, Mask } from './shaping.ts';

export type Mode = 'bulk' | 'timestamp' | 'incrementing' | 'timestamp+incrementing' | 'transaction';

export type Cadence =
  /** Milliseconds after the previous cycle's end. `most`: what they may grow to while nothing is found. */
  | { readonly kind: 'every'; readonly ms: number; readonly most?: number }
  /** Five or six field cron in an IANA zone. */
  | { readonly kind: 'cron'; readonly expression: string; readonly timezone: string };

/** What tells a job between its due times that there may be something to read: a channel of PostgreSQL, or the SQLite file. */
export type Wake = { readonly kind: 'channel'; readonly channel: string } | { readonly kind: 'file' };

export type Initial =
  | { readonly kind: 'bulk' }
  | { readonly kind: 'skip' }
  /** Rows whose cursor is at or after this text. */
  | { readonly kind: 'from'; readonly value: string };

export type What =
  /** Patterns, `*` as wildcard, a leading `!` carves out; a single name without `*` is one table. */
  | { readonly kind: 'tables'; readonly include: readonly string[]; readonly exclude: readonly string[] }
  | { readonly kind: 'query'; readonly text: string; readonly file: string | null };

export interface ColumnRules {
  readonly include: readonly string[] | null;
  readonly exclude: readonly string[];
  /** Source name → published name. */
  readonly rename: Readonly<Record<string, string>>;
}

/** A job as the file declares it, every default filled in. Frozen. */
export interface Job {
  readonly name: string;
  readonly source: string;
  readonly sink: string;
  readonly what: What;
  readonly columns: ColumnRules;
  /** Column → what it is published as. */
  readonly cast: Readonly<Record<string, Cast>>;
  /** Column → what leaves in place of its text. */
  readonly mask: Readonly<Record<string, Mask>>;
  readonly where: string | null;
  /** A column, or an SQL condition, that marks the rows which count as deleted; null: none does. */
  readonly deleted: string | null;
  /** null: the primary key. */
  readonly key: readonly string[] | null;
  /** null: told by the type of the cursor. */
  readonly mode: Mode | null;
  /** COALESCE in this order; empty: bulk. */
  readonly cursor: readonly string[];
  /** timestamp+incrementing: the id that breaks ties; null: the single integer key column. */
  readonly increment: string | null;
  readonly initial: Initial;
  /** Rows of one SELECT. */
  readonly batch: number;
  /** Milliseconds; null: what the source needs by itself. */
  readonly lookback: number | null;
  /** `strict`: rows wait behind the fence, so that events leave in the order of their stamps. */
  readonly order: 'relaxed' | 'strict';
  readonly nulls: 'error' | 'include';
  /** Milliseconds from the end of one reconcile to the next; null: none. */
  readonly reconcile: number | null;
  readonly topic: string;
  /** A row that cannot be published stops the job, or is put among the dead letters. */
  readonly onBadRow: 'fail' | 'deadletter';
  /** Topic of the dead letters, or its template. */
  readonly deadLetterTopic: string;
  readonly format: Format;
  readonly keyFormat: KeyFormat;
  readonly envelope: Envelope;
  readonly compatibility: Compatibility;
  readonly onSchemaChange: OnSchemaChange;
  /** Each a text, or a template of the row's columns in braces. */
  readonly headers: Readonly<Record<string, string>>;
  /** Columns whose text decides the partition; empty: the key does. */
  readonly partitionBy: readonly string[];
  /** Column of the record's time; null: the cursor, or the time of reading. */
  readonly eventTime: string | null;
  readonly cadence: Cadence;
  /** Hints that start a poll before it is due; null: none. */
  readonly wake: Wake | null;
  /** Up to so many milliseconds are added at random to each due time. */
  readonly jitter: number;
  readonly overlap: 'skip' | 'queue';
  /** Milliseconds for one cycle; null: none. */
  readonly timeout: number | null;
  /** Tries after the first, within one cycle. */
  readonly retries: number;
  readonly enabled: boolean;
  /** `file:line:column` of the job in the jobs file. */
  readonly at: string;
}
