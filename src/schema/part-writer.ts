import type { RecordBatch } from '../model/record-batch.ts';
import type { RowBatch } from '../model/row.ts';
import type { Encoder, EventSchema } from './encoder.ts';
import { put } from './json-text.ts';

/** Writes one part of a row's event, its key or its value, behind the bytes that are in use. */
export interface PartWriter {
  /** LIB211 when the row does not fit the format; what was written of it by then counts for nothing. `timestamp`: milliseconds since 1970. */
  write(rows: RowBatch, at: number, timestamp: number, into: RecordBatch): void;
}

/** Behind bytes that are the same in every event, such as the frame of a registry. */
export const behind = (bytes: Buffer, part: PartWriter): PartWriter => ({
  write: (rows, at, timestamp, into) => {
    put(bytes, into);
    part.write(rows, at, timestamp, into);
  },
});

/** Events of a key, if they have any, and a value. */
export const eventsOf = (schema: EventSchema, key: PartWriter | null, value: PartWriter): Encoder => ({
  schema,
  append: (rows, at, timestamp, into) => {
    const start = into.length;
    key?.write(rows, at, timestamp, into);
    const middle = into.length;
    value.write(rows, at, timestamp, into);
    if (key === null) into.push(-1, -1, middle, into.length, timestamp);
    else into.push(start, middle, middle, into.length, timestamp);
  },
  bury: (rows, at, timestamp, into) => {
    const start = into.length;
    key?.write(rows, at, timestamp, into);
    if (key === null) into.push(-1, -1, -1, -1, timestamp);
    else into.push(start, into.length, -1, -1, timestamp);
  },
});
