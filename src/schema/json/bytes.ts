import { isUtf8 } from 'node:buffer';
import type { ColumnType } from '../../model/column.ts';
import type { Form, PackedRows } from '../../model/packed-rows.ts';
import { copyShort, shortWithin } from '../../model/short-copy.ts';
import { scan, special } from '../binary/scan.ts';

/**
 * JSON from the server's own bytes, without a string on the way. It writes exactly what the writers of
 * json-value.ts write of the decoded values, and leaves to them whatever is not plain. It writes behind the
 * rows, in the same buffer: there a copy is a loop over words, or one call that makes no object.
 */

/** How the bytes of a field stand in JSON. */
type Op = 'raw' | 'number' | 'text' | 'plain' | 'json' | 'letter' | 'spaced' | 'spaced utc' | 'spaced bare' | 'decoded';

/** Bytes of a text for which room is not simply taken for the worst that it may hold. */
export const longText = 4096;

const words = { true: Buffer.from('true'), false: Buffer.from('false') };
const quote = 0x22;
const space = 0x20;
const letterT = 0x54;
const letterZ = 0x5a;
const zero = 0x30;
const nine = 0x39;

/** How a field of this form is written; null: by way of its value. */
export function packedJson(type: ColumnType, form: Form): PackedJson | null {
  const op = opOf(type, form);
  return op === 'decoded' ? null : writers[op];
}

function opOf(type: ColumnType, form: Form): Op {
  if (form === 'other' || form === 'bytes' || form === 'bit') return 'decoded';
  if (form !== 'same') return form;
  switch (type.kind) {
    case 'integer':
      return 'raw';
    case 'decimal':
    case 'float':
      return 'number';
    case 'text':
    case 'interval':
      return 'text';
    case 'uuid':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return 'plain';
    case 'json':
    case 'array':
      return 'json';
    default:
      return 'decoded';
  }
}

/** Writes a field's bytes at a place of the same buffer: where writing goes on, or -1: not plain, and nothing of it counts. */
export type PackedJson = (rows: PackedRows, start: number, end: number, at: number) => number;

const writers: Readonly<Record<Exclude<Op, 'decoded'>, PackedJson>> = {
  raw: copy,
  number: (rows, start, end, at) => {
    const last = rows.bytes[end - 1] as number;
    return end > start && last >= zero && last <= nine ? copy(rows, start, end, at) : -1;
  },
  text: (rows, start, end, at) => {
    const found = scan(rows, start, end);
    if ((found & special.wide) !== 0 && !isUtf8(rows.bytes.subarray(start, end))) return -1;
    if ((found & special.escaped) === 0) return quoted(rows, start, end, at);
    return end - start > longText ? -1 : escapedText(rows.bytes, start, end, at);
  },
  plain: quoted,
  json: (rows, start, end, at) => {
    const found = scan(rows, start, end);
    if ((found & special.wide) !== 0 && !isUtf8(rows.bytes.subarray(start, end))) return -1;
    if ((found & special.escaped) !== 0 && breaks(rows.bytes, start, end)) return -1;
    return copy(rows, start, end, at);
  },
  letter: ({ bytes }, start, _end, at) => {
    const word = bytes[start] === 0x74 ? words.true : words.false;
    for (let place = 0; place < word.length; place += 1) bytes[at + place] = word[place] as number;
    return at + word.length;
  },
  spaced: (rows, start, end, at) => (isStamp(rows.bytes, start, end) ? stamp(rows, start, end, at, false) : -1),
  'spaced utc': (rows, start, end, at) => {
    const { bytes } = rows;
    const bare = end - 3;
    const utc = bytes[bare] === 0x2b && bytes[bare + 1] === zero && bytes[bare + 2] === zero;
    return utc && isStamp(bytes, start, bare) ? stamp(rows, start, bare, at, true) : -1;
  },
  'spaced bare': (rows, start, end, at) => (isStamp(rows.bytes, start, end) ? stamp(rows, start, end, at, true) : -1),
};

/** Copies within the rows' buffer; what comes next is written over the bytes behind it. */
export function copy({ bytes, view }: PackedRows, start: number, end: number, at: number): number {
  const size = end - start;
  if (size > shortWithin) bytes.copyWithin(at, start, end);
  else copyShort(view, start, size, view, at);
  return at + size;
}

function quoted(rows: PackedRows, start: number, end: number, at: number): number {
  const { bytes } = rows;
  bytes[at] = quote;
  const next = copy(rows, start, end, at + 1);
  bytes[next] = quote;
  return next + 1;
}

/** A JSON string as JSON.stringify writes it. */
function escapedText(bytes: Buffer, start: number, end: number, at: number): number {
  let next = at;
  bytes[next++] = quote;
  for (let place = start; place < end; place += 1) {
    const byte = bytes[place] as number;
    const sequence = escapes[byte];
    if (sequence === undefined) bytes[next++] = byte;
    else for (let part = 0; part < sequence.length; part += 1) bytes[next++] = sequence[part] as number;
  }
  bytes[next] = quote;
  return next + 1;
}

/** Of the characters that JSON does not take as they are. */
const escapes: readonly (Buffer | undefined)[] = Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  const written = JSON.stringify(character).slice(1, -1);
  return code > 0x7f || written === character ? undefined : Buffer.from(written);
});

/** A raw newline between the tokens of a JSON text. */
function breaks(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === 0x0a || bytes[at] === 0x0d) return true;
  return false;
}

/** `2026-01-01 10:00:00[.123456]`, and neither `infinity`, nor BC, nor a fifth digit of the year, nor a zero in the date. */
export function isStamp(bytes: Buffer, start: number, end: number): boolean {
  const last = bytes[end - 1] as number;
  if (end - start < 19 || bytes[start + 10] !== space || last < zero || last > nine) return false;
  const noMonth = bytes[start + 5] === zero && bytes[start + 6] === zero;
  return !noMonth && !(bytes[start + 8] === zero && bytes[start + 9] === zero);
}

function stamp(rows: PackedRows, start: number, end: number, at: number, utc: boolean): number {
  const { bytes } = rows;
  bytes[at] = quote;
  let next = copy(rows, start, end, at + 1);
  bytes[at + 11] = letterT;
  if (utc) bytes[next++] = letterZ;
  bytes[next] = quote;
  return next + 1;
}
