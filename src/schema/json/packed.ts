import type { PackedRows } from '../../model/packed-rows.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import type { Value } from '../../model/value.ts';
import { put, putText } from '../batch-bytes.ts';
import { notUtf8 } from '../not-utf8.ts';
import type { RowObject } from '../row-object.ts';
import { copy, longText, type PackedJson } from './bytes.ts';
import type { Slot } from './slot.ts';

interface PackedSlot {
  readonly at: number;
  /** null: by way of the value. */
  readonly write: PackedJson | null;
  readonly slow: Slot;
  /** Where its lead lies among the leads. */
  readonly leadFrom: number;
  readonly leadTo: number;
}

/** What stands around an object: bytes before it, and so many more braces behind it. */
export interface Around {
  readonly before: Buffer;
  readonly braces: number;
}

export const bare: Around = { before: Buffer.alloc(0), braces: 0 };

/** JSON objects. What each field begins with lies behind packed rows too, where it can be copied from. */
export class JsonObject implements RowObject {
  readonly #slots: readonly Slot[];
  readonly #leadOf: readonly Buffer[];
  readonly #before: Buffer;
  readonly #braces: number;
  /** The leads of all fields, the first with what stands before the object; then what stands in place of a NULL, and of no field at all. */
  readonly leads: Buffer;
  readonly #nullAt: number;
  #compiled: readonly PackedSlot[] = [];
  #forms: PackedRows['forms'] | null = null;

  constructor(slots: readonly Slot[], { before, braces }: Around = bare) {
    this.#slots = slots;
    this.#before = before;
    this.#braces = braces;
    this.#leadOf = slots.map(({ lead }, at) => (at === 0 ? Buffer.concat([before, Buffer.from(lead)]) : Buffer.from(lead)));
    this.leads = Buffer.concat([...this.#leadOf, Buffer.from('null'), before, Buffer.from('{')]);
    this.#nullAt = this.leads.length - before.length - 5;
  }

  most({ bounds, width }: PackedRows, row: number): number {
    const first = row * width * 2;
    let most = this.leads.length + this.#slots.length * 8;
    for (const { at } of this.#slots) {
      const size = (bounds[first + at * 2 + 1] as number) - (bounds[first + at * 2] as number);
      // A control character becomes six bytes; of a long text that has any, room is made when it is known how much.
      most += size > longText ? size : size * 6;
    }
    return most;
  }

  write(rows: PackedRows, row: number, leads: number, from: number): number {
    if (rows.forms !== this.#forms) this.#compile(rows.forms);
    const { bounds } = rows;
    const first = row * rows.width * 2;
    const nulls = leads + this.#nullAt;
    let next = this.#slots.length === 0 ? copy(rows, nulls + 4, leads + this.leads.length, from) : from;
    for (const slot of this.#compiled) {
      next = copy(rows, leads + slot.leadFrom, leads + slot.leadTo, next);
      const start = bounds[first + slot.at * 2] as number;
      if (start < 0) next = copy(rows, nulls, nulls + 4, next);
      else {
        const end = bounds[first + slot.at * 2 + 1] as number;
        const written = slot.write === null ? -1 : slot.write(rows, start, end, next);
        next = written < 0 ? this.#decoded(slot.slow, rows, row, next) : written;
      }
    }
    for (let brace = 0; brace <= this.#braces; brace += 1) rows.bytes[next++] = 0x7d;
    return next;
  }

  writeValues(values: readonly Value[], into: RecordBatch): void {
    let text = this.#slots.length === 0 ? '{' : '';
    for (const { lead, at, write } of this.#slots) {
      const value = values[at];
      text += lead + (value === null || value === undefined ? 'null' : write(value));
    }
    if (this.#before.length > 0) put(this.#before, into);
    putText(text + '}'.repeat(this.#braces + 1), into);
  }

  /** By way of the value; it may be longer than was thought. */
  #decoded({ column, at, write }: Slot, rows: PackedRows, row: number, from: number): number {
    const value = rows.value(row, at);
    if (typeof value === 'string' && value.includes('\ufffd') && !rows.isUtf8(row, at)) throw notUtf8(column);
    const text = value === null ? 'null' : write(value);
    const size = text.length > longText ? Buffer.byteLength(text) : text.length * 3;
    rows.desk(from - rows.length + size + this.most(rows, row));
    return from + rows.bytes.write(text, from);
  }

  #compile(forms: PackedRows['forms']): void {
    this.#forms = forms;
    let leadTo = 0;
    this.#compiled = this.#slots.map((slow, place) => {
      const leadFrom = leadTo;
      leadTo += (this.#leadOf[place] as Buffer).length;
      return { at: slow.at, write: slow.packed(forms[slow.at]?.form ?? 'other'), slow, leadFrom, leadTo };
    });
  }
}
