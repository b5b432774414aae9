import type { RecordBatch } from '../model/record-batch.ts';

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
export function take(bytes: Buffer, start: number, end: number, into: RecordBatch): number {
  into.reserve(end - start);
  const at = into.length;
  bytes.copy(into.bytes, at, start, end);
  into.length = at + end - start;
  return at;
}
