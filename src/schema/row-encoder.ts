import type { PackedRows } from '../model/packed-rows.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import { take } from './batch-bytes.ts';
import type { Encoder, EventSchema } from './encoder.ts';
import type { RowObject } from './row-object.ts';

/** Events of a key, if they have any, and a value, written in one go. */
export function rowEncoder(schema: EventSchema, key: RowObject | null, value: RowObject): Encoder {
  const packed = packedEvents(key, value);
  return {
    schema,
    append: (rows, at, timestamp, into) => {
      if (rows.packed !== null) {
        packed.append(rows.packed, at, timestamp, into);
        return;
      }
      const values = rows.values(at);
      const start = into.length;
      key?.writeValues(values, into);
      const middle = into.length;
      value.writeValues(values, into);
      if (key === null) into.push(-1, -1, middle, into.length, timestamp);
      else into.push(start, middle, middle, into.length, timestamp);
    },
    bury: (rows, at, timestamp, into) => {
      if (rows.packed !== null) {
        packed.bury(rows.packed, at, timestamp, into);
        return;
      }
      const start = into.length;
      key?.writeValues(rows.values(at), into);
      if (key === null) into.push(-1, -1, -1, -1, timestamp);
      else into.push(start, into.length, -1, -1, timestamp);
    },
  };
}

/** Writes one record of a packed row. */
type Write = (rows: PackedRows, row: number, timestamp: number, into: RecordBatch) => void;

/** Key and value of a packed row are written behind the rows, and copied from there in one piece. */
function packedEvents(key: RowObject | null, value: RowObject): { readonly append: Write; readonly bury: Write } {
  const leads = Buffer.concat([key?.leads ?? Buffer.alloc(0), value.leads]);
  const keyLeads = key?.leads.length ?? 0;
  /** Where the leads lie, with room behind them for the row. */
  const lay = (rows: PackedRows, row: number): number => {
    const desk = rows.desk(leads.length + (key?.most(rows, row) ?? 0) + value.most(rows, row));
    if (!rows.laidBy(leads)) leads.copy(rows.bytes, desk);
    return desk;
  };
  return {
    append: (rows, row, timestamp, into) => {
      const desk = lay(rows, row);
      const start = desk + leads.length;
      const middle = key === null ? start : key.write(rows, row, desk, start);
      const end = value.write(rows, row, desk + keyLeads, middle);
      const at = take(rows, start, end, into);
      if (key === null) into.push(-1, -1, at, into.length, timestamp);
      else into.push(at, at + middle - start, at + middle - start, into.length, timestamp);
    },
    bury: (rows, row, timestamp, into) => {
      const desk = lay(rows, row);
      const start = desk + leads.length;
      const end = key === null ? start : key.write(rows, row, desk, start);
      const at = take(rows, start, end, into);
      if (key === null) into.push(-1, -1, -1, -1, timestamp);
      else into.push(at, into.length, -1, -1, timestamp);
    },
  };
}
