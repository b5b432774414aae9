import type { RecordBatch } from '../model/record-batch.ts';
import type { Value } from '../model/value.ts';
import { type Around, bare } from './json-packed.ts';
import type { Slot } from './slot.ts';

/** Writes the object of a row's values. */
export type JsonText = (values: readonly Value[], into: RecordBatch) => void;

export function jsonText(slots: readonly Slot[], { before, braces }: Around = bare): JsonText {
  const close = '}'.repeat(braces + 1);
  return (values, into) => {
    let text = slots.length === 0 ? '{' : '';
    for (const { lead, at, write } of slots) {
      const value = values[at];
      text += lead + (value === null || value === undefined ? 'null' : write(value));
    }
    if (before.length > 0) put(before, into);
    putText(text + close, into);
  };
}

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
