import type { PackedRows } from '../model/packed-rows.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import { copyShort, shortBetween } from '../model/short-copy.ts';

export function putText(text: string, into: RecordBatch): void {
  // UTF-8 needs at most 3 bytes for each UTF-16 unit.
  into.reserve(text.length * 3);
  into.length += into.bytes.write(text, into.length);
}

export function put(bytes: Buffer, into: RecordBatch): void {
  into.reserve(bytes.length);
  into.length += bytes.copy(into.bytes, into.length);
}

/** Copies a piece of the rows' own buffer; where it lies now. */
export function take({ bytes, view }: PackedRows, start: number, end: number, into: RecordBatch): number {
  const size = end - start;
  into.reserve(size);
  const at = into.length;
  if (size > shortBetween) bytes.copy(into.bytes, at, start, end);
  else copyShort(view, start, size, into.view, at);
  into.length = at + size;
  return at;
}
