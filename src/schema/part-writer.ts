import type { RecordBatch } from '../model/record-batch.ts';
import type { RowBatch } from '../model/row.ts';
import { take } from './batch-bytes.ts';
import type { RowObject } from './row-object.ts';

/** Writes one part of a row's event, its key or its value, behind the bytes that are in use. */
export interface PartWriter {
  /** LIB211 when the row does not fit the format; what was written of it by then counts for nothing. `timestamp`: milliseconds since 1970. */
  write(rows: RowBatch, at: number, timestamp: number, into: RecordBatch): void;
}

/** A part that can stand within another. */
export const partOf = (object: RowObject): PartWriter => ({
  write: (rows, at, _timestamp, into) => {
    const { packed } = rows;
    if (packed === null) {
      object.writeValues(rows.values(at), into);
      return;
    }
    const desk = packed.desk(object.leads.length + object.most(packed, at));
    // Each time where a part of the same event has written there in between.
    if (!packed.laidBy(object)) object.leads.copy(packed.bytes, desk);
    const start = desk + object.leads.length;
    const end = object.write(packed, at, desk, start);
    take(packed, start, end, into);
  },
});
