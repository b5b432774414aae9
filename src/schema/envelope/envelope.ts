import type { OutboundRecord } from '../../model/record.ts';
import type { Occasion, RecordBatch } from '../../model/record-batch.ts';

/** Of the event that is being written. */
export interface Told {
  readonly occasion: Occasion;
  /** The record's time, milliseconds since 1970. */
  readonly timestamp: number;
}

/** What stands around a row in the value of its event. The bytes of the row are the same as without it: its core. */
export interface EnvelopeForm {
  /** Writes the value of a row that is there; `row` writes the row's own bytes, and is called once. Marks the core. */
  value(told: Told, key: Buffer | null, row: () => void, into: RecordBatch): void;
  /** Writes the value that stands before the tombstone of a key; null: nothing does. */
  readonly gone: ((told: Told, key: Buffer, into: RecordBatch) => void) | null;
  /** Headers of a record's own; null: it has none. `row`: the core; null: of a tombstone. */
  readonly headers: ((told: Told, key: Buffer, row: Buffer | null) => OutboundRecord['headers']) | null;
  /** The core of a value that was read back; null: it says that its row is gone. Left out: the whole value. */
  readonly rowIn?: (value: Buffer) => Buffer | null;
}
