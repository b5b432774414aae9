import type { PackedRows } from '../model/packed-rows.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import { copyShort, shortBetween } from '../model/short-copy.ts';
import type { Value } from '../model/value.ts';
import type { Encoder, EventSchema, Field } from './encoder.ts';
import { PackedObject } from './json-packed.ts';
import { jsonWriter } from './json-value.ts';
import type { Slot } from './slot.ts';

/** Compiled once: names are escaped and writers chosen here. `columns`: the names behind the values of a row, in order. */
const slotsOf = (fields: readonly Field[], columns: readonly string[]): readonly Slot[] =>
  fields.map((field, index) => ({
    column: field.column.name,
    lead: `${index === 0 ? '{' : ','}${JSON.stringify(field.name)}:`,
    at: columns.indexOf(field.column.name),
    type: field.column.type,
    write: jsonWriter(field.column.type),
  }));

function textWriter(slots: readonly Slot[]): (values: readonly Value[]) => string {
  if (slots.length === 0) return () => '{}';
  return (values) => {
    let text = '';
    for (const { lead, at, write } of slots) {
      const value = values[at];
      text += lead + (value === null || value === undefined ? 'null' : write(value));
    }
    return `${text}}`;
  };
}

function put(text: string, into: RecordBatch): void {
  // UTF-8 needs at most 3 bytes for each UTF-16 unit.
  into.reserve(text.length * 3);
  into.length += into.bytes.write(text, into.length);
}

/** JSON objects with exact numbers for key and value. `columns`: the names behind the values of a row, in order. */
export function jsonEncoder(schema: EventSchema, columns: readonly string[]): Encoder {
  const key = schema.key.length === 0 ? null : slotsOf(schema.key, columns);
  const value = slotsOf(schema.fields, columns);
  const keyText = key === null ? null : textWriter(key);
  const valueText = textWriter(value);
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
      if (keyText !== null) put(keyText(values), into);
      const middle = into.length;
      put(valueText(values), into);
      if (keyText === null) into.push(-1, -1, middle, into.length, timestamp);
      else into.push(start, middle, middle, into.length, timestamp);
    },
    bury: (rows, at, timestamp, into) => {
      if (rows.packed !== null) {
        packed.bury(rows.packed, at, timestamp, into);
        return;
      }
      const start = into.length;
      if (keyText !== null) put(keyText(rows.values(at)), into);
      if (keyText === null) into.push(-1, -1, -1, -1, timestamp);
      else into.push(start, into.length, -1, -1, timestamp);
    },
  };
}

/** Writes one record of a packed row. */
type Write = (rows: PackedRows, row: number, timestamp: number, into: RecordBatch) => void;

/** Key and value of a packed row are written behind the rows, and copied from there in one piece. */
function packedEvents(keySlots: readonly Slot[] | null, valueSlots: readonly Slot[]): { readonly append: Write; readonly bury: Write } {
  const key = keySlots === null ? null : new PackedObject(keySlots);
  const value = new PackedObject(valueSlots);
  const leads = Buffer.concat([key?.leads ?? Buffer.alloc(0), value.leads]);
  const keyLeads = key?.leads.length ?? 0;
  let laid: PackedRows | null = null;
  let filled = -1;
  /** Where the leads lie, with room behind them for the row. */
  const lay = (rows: PackedRows, row: number): number => {
    const desk = rows.desk(leads.length + (key?.most(rows, row) ?? 0) + value.most(rows, row));
    if (rows !== laid || rows.filled !== filled) {
      leads.copy(rows.bytes, desk);
      laid = rows;
      filled = rows.filled;
    }
    return desk;
  };
  const take = (rows: PackedRows, start: number, end: number, into: RecordBatch): number => {
    const size = end - start;
    into.reserve(size);
    const at = into.length;
    if (size > shortBetween) rows.bytes.copy(into.bytes, at, start, end);
    else copyShort(rows.view, start, size, into.view, at);
    into.length = at + size;
    return at;
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
