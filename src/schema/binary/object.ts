import { isUtf8 } from 'node:buffer';
import { LiberateError } from '../../kit/errors.ts';
import type { FieldForm, PackedRows } from '../../model/packed-rows.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import type { Value } from '../../model/value.ts';
import { isStamp } from '../json/bytes.ts';
import { misfit } from '../misfit.ts';
import { notUtf8 } from '../not-utf8.ts';
import type { RowObject } from '../row-object.ts';
import { scan, special } from './scan.ts';
import { StagedValue } from './staged-value.ts';

/**
 * Writes what stands between two places of `from`, as a server prints it, at a place of `into`, which may be the same buffer: where
 * writing goes on, or -1: the format cannot hold it, and nothing of it counts. There is room for six times the bytes and 32 more.
 */
export type BinaryWriter = (from: Buffer, start: number, end: number, into: Buffer, at: number) => number;

/** A field in a binary format. */
export interface BinaryField {
  /** The column's name in the database. */
  readonly column: string;
  /** Its place among the values of a row. */
  readonly at: number;
  /** What it is, for a refusal: `timestamp of avro`. */
  readonly kind: string;
  /** Stands before a value. */
  readonly lead: Buffer;
  /** Stands for NULL; null: there is none. */
  readonly none: Buffer | null;
  /** Its bytes must be text. */
  readonly text: boolean;
  /** Its values say themselves what they are. */
  readonly dynamic: boolean;
  /** It is text in which a stamp has its T. */
  readonly stamp: boolean;
  /** It may take up to six times its bytes. */
  readonly swells: boolean;
  readonly write: BinaryWriter;
}

/** Bytes that a value takes beside its own, whatever it is. */
const more = 32;

/** Fields one after another, behind the frame of a registry. */
export class BinaryObject implements RowObject {
  readonly leads: Buffer = Buffer.alloc(0);
  readonly #frame: Buffer;
  readonly #fields: readonly BinaryField[];
  readonly #least: number;
  readonly #staged = new StagedValue();

  constructor(fields: readonly BinaryField[], frame: Buffer) {
    this.#fields = fields;
    this.#frame = frame;
    this.#least = fields.reduce((sum, { lead }) => sum + lead.length + more, frame.length);
  }

  most({ bounds, width }: PackedRows, row: number): number {
    const first = row * width * 2;
    let most = this.#least;
    for (const { at, swells } of this.#fields) {
      const size = (bounds[first + at * 2 + 1] as number) - (bounds[first + at * 2] as number);
      most += swells ? size * 6 : size;
    }
    return most;
  }

  write(rows: PackedRows, row: number, _leads: number, from: number): number {
    const { bounds, forms } = rows;
    const first = row * rows.width * 2;
    let next = copyShort(this.#frame, rows.bytes, from);
    for (const field of this.#fields) {
      const start = bounds[first + field.at * 2] as number;
      if (start < 0) {
        next = copyShort(field.none ?? refuseNull(field), rows.bytes, next);
        continue;
      }
      const end = bounds[first + field.at * 2 + 1] as number;
      const { form } = forms[field.at] as FieldForm;
      if (form === 'other' || (field.stamp && form !== 'same' && !isStamp(rows.bytes, start, end))) {
        next = this.#decoded(field, rows, row, next);
        continue;
      }
      if (field.text && (scan(rows, start, end) & special.wide) !== 0 && !isUtf8(rows.bytes.subarray(start, end)))
        throw notUtf8(field.column);
      next = copyShort(field.lead, rows.bytes, next);
      const written = field.write(rows.bytes, start, end, rows.bytes, next);
      if (written < 0) throw misfit(field.column, field.kind, String(rows.value(row, field.at)));
      next = written;
    }
    return next;
  }

  writeValues(values: readonly Value[], into: RecordBatch): void {
    into.reserve(this.#frame.length);
    into.length = copyShort(this.#frame, into.bytes, into.length);
    for (const field of this.#fields) {
      const value = values[field.at] ?? null;
      if (value !== null) this.#staged.stage(value, field.dynamic);
      into.reserve(this.#staged.length * 6 + field.lead.length + more);
      into.length =
        value === null ? copyShort(field.none ?? refuseNull(field), into.bytes, into.length) : this.#put(field, into.bytes, into.length);
    }
  }

  /** By way of the value; it may be longer than was thought. */
  #decoded(field: BinaryField, rows: PackedRows, row: number, from: number): number {
    const value = rows.value(row, field.at);
    if (typeof value === 'string' && value.includes('\ufffd') && !rows.isUtf8(row, field.at)) throw notUtf8(field.column);
    if (value === null) return copyShort(field.none ?? refuseNull(field), rows.bytes, from);
    this.#staged.stage(value, field.dynamic);
    rows.desk(from - rows.length + this.#staged.length * 6 + field.lead.length + more + this.most(rows, row));
    return this.#put(field, rows.bytes, from);
  }

  #put(field: BinaryField, into: Buffer, at: number): number {
    const { bytes, length } = this.#staged;
    const written = field.write(bytes, 0, length, into, copyShort(field.lead, into, at));
    if (written < 0) throw misfit(field.column, field.kind, bytes.toString('utf8', 0, length));
    return written;
  }
}

/** A loop is faster than a call for so few bytes. */
function copyShort(from: Buffer, into: Buffer, at: number): number {
  for (let place = 0; place < from.length; place += 1) into[at + place] = from[place] as number;
  return at + from.length;
}

function refuseNull({ column }: BinaryField): never {
  throw new LiberateError('LIB211', `the column "${column}" holds NULL, and its schema says that it never does`, {
    place: { column },
    cure: 'Mend the row, or read the column by a query in which it may be NULL.',
  });
}
