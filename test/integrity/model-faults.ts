import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OutboundRecord } from '../../src/model/record.ts';
import type { RecordBatch } from '../../src/model/record-batch.ts';

/** What an engine, or what it stands on, could do wrong; the model must find each of them. */
export type SeededFault =
  /** The horizon is taken to be now, whatever is open. */
  | 'no look-back'
  /** Now and then a batch is acknowledged and never written. */
  | 'lost batch'
  /** A batch is acknowledged before it is written: what is on its way is lost in a crash. */
  | 'early acknowledgement'
  /** Every third batch is written after the one that follows it, be it that of a later poll. */
  | 'overtaken batch'
  /** Every third batch is written twice. */
  | 'doubled batch'
  /** Tombstones are acknowledged and never written. */
  | 'lost tombstone'
  /** Every third time, what leaves is not remembered. */
  | 'forgotten keys';

export const seededFaults: readonly SeededFault[] = [
  'no look-back',
  'lost batch',
  'early acknowledgement',
  'overtaken batch',
  'doubled batch',
  'lost tombstone',
  'forgotten keys',
];

/** Found only where deletes are told. */
export const ofDeletes = (fault: SeededFault): boolean => fault === 'lost tombstone' || fault === 'forgotten keys';

type Write = (batch: RecordBatch) => Promise<void>;

/** Writes batches as the fault would have it. */
export class FaultyWriting {
  readonly #fault: SeededFault | null;
  readonly #write: Write;
  #batches = 0;
  #held: RecordBatch | null = null;

  constructor(fault: SeededFault | null, write: Write) {
    this.#fault = fault;
    this.#write = write;
  }

  async write(batch: RecordBatch): Promise<void> {
    this.#batches += 1;
    const third = this.#batches % 3 === 0;
    const held = this.#held;
    this.#held = null;
    if (held !== null && this.#fault === 'early acknowledgement') await this.#write(held);
    if (this.#fault === 'early acknowledgement' || (this.#fault === 'overtaken batch' && third)) this.#held = copy(batch);
    else if (this.#fault === 'lost tombstone') await this.#write(copy(batch, ({ value }) => value !== null));
    else if (this.#fault !== 'lost batch' || !third) await this.#write(batch);
    if (this.#fault === 'doubled batch' && third) await this.#write(batch);
    if (held !== null && this.#fault === 'overtaken batch') await this.#write(held);
    await nextTurn();
  }

  /** A run of the engine is over: what was acknowledged too early is written, or lost with the process. */
  async end(gone: boolean): Promise<void> {
    if (this.#held === null || this.#fault !== 'early acknowledgement') return;
    if (!gone) await this.#write(this.#held);
    this.#held = null;
  }
}

/** The engine fills a batch again once it is acknowledged. */
function copy(batch: RecordBatch, keeps: (record: OutboundRecord) => boolean = () => true): RecordBatch {
  const Batch = batch.constructor as new (headers: RecordBatch['headers']) => RecordBatch;
  const copied = new Batch(batch.headers);
  for (const record of batch.records()) if (keeps(record)) copied.add(record);
  return copied;
}
