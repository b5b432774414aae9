import { isUtf8 } from 'node:buffer';
import type { Value } from './value.ts';

/**
 * How the bytes of a field, as the server prints it, become the canonical form of value.ts: `same`, they are it already;
 * `letter`, `t` or `f` of a boolean; `spaced`, a stamp with a space for the T; `spaced utc`, such a
 * stamp that ends in `+00`; `spaced bare`, such a stamp in UTC that does not say so; `bytes`, no text but the bytes
 * themselves; `bit`, one byte of 0 or 1. `other`: only the decoder knows.
 */
export type Form = 'same' | 'letter' | 'spaced' | 'spaced utc' | 'spaced bare' | 'bytes' | 'bit' | 'other';

export interface FieldForm {
  readonly form: Form;
  /** The field's text → its canonical value; null where they are the same, and for `bytes` and `bit`. */
  readonly decode: ((text: string) => Value) | null;
}

/** Bytes that are reserved at the least. */
const least = 4 * 1024;
/** Bounds of a few rows. */
const boundsOf = (width: number): number => 16 * 2 * width;

/** Rows as bytes: the fields as they came from the server, in one buffer that is used again, and where each of them lies. */
export class PackedRows {
  /** Of the fields that are values, by column; a row may have more fields, which are not. */
  forms: readonly FieldForm[];
  /** Fields of a row. */
  width: number;
  /** The rows, and behind them room in which the encoder writes: within one buffer a copy costs no object. */
  bytes: Buffer = Buffer.allocUnsafeSlow(least);
  /** The same bytes, four at a time. */
  words: Int32Array = wordsOf(this.bytes);
  /** The same bytes, for words that lie anywhere. */
  view: DataView = viewOf(this.bytes);
  /** Two integers a field: from, to; from -1: NULL. */
  bounds: Int32Array;
  #length = 0;
  #count = 0;
  #laid: object | null = null;

  constructor(forms: readonly FieldForm[], width: number) {
    this.forms = forms;
    this.width = width;
    this.bounds = new Int32Array(boundsOf(width));
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes in use. */
  get length(): number {
    return this.#length;
  }

  /** Takes the room behind the rows over; true: nobody else has written there since `owner` did, and no rows have come. */
  laidBy(owner: object): boolean {
    if (this.#laid === owner) return true;
    this.#laid = owner;
    return false;
  }

  /** Empty, for rows of another result. */
  begin(forms: readonly FieldForm[], width: number): void {
    this.forms = forms;
    this.width = width;
    if (this.bounds.length < boundsOf(width)) this.bounds = new Int32Array(boundsOf(width));
    this.clear();
  }

  clear(): void {
    this.#count = 0;
    this.#length = 0;
    this.#laid = null;
  }

  /** Copies a piece of the server's answer in; where it lies now. */
  append(from: Buffer, start: number, end: number): number {
    const at = this.#length;
    this.desk(end - start);
    from.copy(this.bytes, at, start, end);
    this.#length = at + end - start;
    this.#laid = null;
    return at;
  }

  /** Makes room for so many bytes behind the rows, and a word more; where it begins. `bytes` may be another buffer afterwards. */
  desk(size: number): number {
    const needed = this.#length + size + Int32Array.BYTES_PER_ELEMENT;
    if (needed > this.bytes.length) this.#grow(needed);
    return this.#length;
  }

  /** One more row, whose bounds the caller writes: its place in them. */
  row(): number {
    const at = this.#count * 2 * this.width;
    if (at + 2 * this.width > this.bounds.length) {
      const larger = new Int32Array(this.bounds.length * 2);
      larger.set(this.bounds);
      this.bounds = larger;
    }
    this.#count += 1;
    return at;
  }

  isNull(row: number, field: number): boolean {
    return (this.bounds[(row * this.width + field) * 2] as number) < 0;
  }

  /** The field as the server printed it; null for NULL. */
  text(row: number, field: number): string | null {
    const at = (row * this.width + field) * 2;
    const from = this.bounds[at] as number;
    return from < 0 ? null : this.bytes.toString('utf8', from, this.bounds[at + 1]);
  }

  /** The field's bytes in hex. */
  hex(row: number, field: number): string {
    const at = (row * this.width + field) * 2;
    return this.bytes.toString('hex', this.bounds[at], this.bounds[at + 1]);
  }

  /** Is the field well-formed text? */
  isUtf8(row: number, field: number): boolean {
    const at = (row * this.width + field) * 2;
    return isUtf8(this.bytes.subarray(this.bounds[at], this.bounds[at + 1]));
  }

  /** The field in its canonical form. */
  value(row: number, field: number): Value {
    const at = (row * this.width + field) * 2;
    const from = this.bounds[at] as number;
    if (from < 0) return null;
    const to = this.bounds[at + 1] as number;
    const { form, decode } = this.forms[field] as FieldForm;
    if (form === 'bytes') return Buffer.from(this.bytes.subarray(from, to));
    if (form === 'bit') return this.bytes[from] === 1;
    const text = this.bytes.toString('utf8', from, to);
    return decode === null ? text : decode(text);
  }

  /** Do two rows have the same bytes in a field that is not NULL? */
  same(row: number, other: number, field: number): boolean {
    const { bounds, bytes, width } = this;
    const a = bounds[(row * width + field) * 2] as number;
    const b = bounds[(other * width + field) * 2] as number;
    const size = (bounds[(row * width + field) * 2 + 1] as number) - a;
    if ((bounds[(other * width + field) * 2 + 1] as number) - b !== size) return false;
    // From the end: neighbours differ there first.
    for (let at = size - 1; at >= 0; at -= 1) if (bytes[a + at] !== bytes[b + at]) return false;
    return true;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max((needed + 3) & ~3, this.bytes.length * 2));
    this.bytes.copy(larger);
    this.bytes = larger;
    this.words = wordsOf(larger);
    this.view = viewOf(larger);
  }
}

const viewOf = ({ buffer, length }: Buffer): DataView => new DataView(buffer, 0, length);
const wordsOf = ({ buffer, length }: Buffer): Int32Array => new Int32Array(buffer, 0, length >> 2);
