import type { Column } from '../model/column.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type { RowBatch } from '../model/row.ts';

/** A field of the event: a column under the name that is published. */
export interface Field {
  readonly name: string;
  readonly column: Column;
}

/** The event's shape: what a consumer may rely on. */
export interface EventSchema {
  /** Every field of the value, in order. */
  readonly fields: readonly Field[];
  /** Which of them make the key, in order; empty: no key. Key columns are always fields of the value or of `hidden`. */
  readonly key: readonly Field[];
  /** sha256 over fields and key, first 16 hex digits: the schema id in the headers. */
  readonly fingerprint: string;
}

/** Rows → events. Compiled once per schema; the same row gives the same bytes, always. */
export interface Encoder {
  readonly schema: EventSchema;
  /** Adds the event of a row, whose core is that of the last record; the key is null where the schema has none. `timestamp`: milliseconds since 1970. */
  append(rows: RowBatch, at: number, timestamp: number, into: RecordBatch): void;
  /** Adds the tombstone of a row: its key, and no value. An envelope may add a record before it; both have the same key. */
  bury(rows: RowBatch, at: number, timestamp: number, into: RecordBatch): void;
  /** The same of a row of which only the key is known, as its bytes. Left out: the tombstone is a record without a value and nothing else. */
  readonly buryKey?: (key: Buffer, timestamp: number, into: RecordBatch) => void;
  /** What a value that was read back says of its row, as `RecordBatch.core` has it; null: that there is none. Left out: all of it. */
  readonly rowIn?: (value: Buffer) => Buffer | null;
}
