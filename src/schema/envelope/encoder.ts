import type { RecordBatch } from '../../model/record-batch.ts';
import type { RowBatch } from '../../model/row.ts';
import { put } from '../batch-bytes.ts';
import type { Encoder, EventSchema } from '../encoder.ts';
import type { PartWriter } from '../part-writer.ts';
import type { EnvelopeForm, Told } from './envelope.ts';

/** Tells of a record that it is part of a delete, though it has a value. */
const deletes = { 'liberate.op': 'delete' } as const;

/** Events whose values stand in an envelope. `row`: writes the row as it would leave without one, and without a registry's frame. */
export function envelopeEncoder(schema: EventSchema, key: PartWriter | null, row: PartWriter, form: EnvelopeForm): Encoder {
  const told = (timestamp: number, into: RecordBatch): Told => ({ occasion: into.occasion, timestamp });
  const dressed = (start: number, middle: number, timestamp: number, into: RecordBatch): void => {
    if (form.headers === null) return;
    const at = into.count - 1;
    into.addHeaders(at, form.headers(told(timestamp, into), into.bytes.subarray(start, middle), into.core()));
  };
  /** The key lies from `start` to the end of what is in use. */
  const buried = (start: number, timestamp: number, into: RecordBatch): void => {
    const middle = into.length;
    if (start === middle) {
      into.push(-1, -1, -1, -1, timestamp);
      return;
    }
    if (form.gone === null) {
      into.push(start, middle, -1, -1, timestamp);
      dressed(start, middle, timestamp, into);
      return;
    }
    const bytes = Buffer.from(into.bytes.subarray(start, middle));
    form.gone(told(timestamp, into), bytes, into);
    into.push(start, middle, middle, into.length, timestamp);
    into.addHeaders(into.count - 1, deletes);
    const again = into.length;
    put(bytes, into);
    into.push(again, into.length, -1, -1, timestamp);
  };
  return {
    schema,
    append: (rows: RowBatch, at, timestamp, into) => {
      const start = into.length;
      key?.write(rows, at, timestamp, into);
      const middle = into.length;
      const keyBytes = start === middle ? null : into.bytes.subarray(start, middle);
      form.value(told(timestamp, into), keyBytes, () => row.write(rows, at, timestamp, into), into);
      if (start === middle) into.push(-1, -1, middle, into.length, timestamp);
      else into.push(start, middle, middle, into.length, timestamp);
      dressed(start, middle, timestamp, into);
    },
    bury: (rows, at, timestamp, into) => {
      const start = into.length;
      key?.write(rows, at, timestamp, into);
      buried(start, timestamp, into);
    },
    buryKey: (bytes, timestamp, into) => {
      const start = into.length;
      put(bytes, into);
      buried(start, timestamp, into);
    },
    ...(form.rowIn === undefined ? {} : { rowIn: form.rowIn }),
  };
}
