import type { Column } from '../model/column.ts';
import type { Value } from '../model/value.ts';

/** A field of the event: a column under the name that is published. */
export interface Field {
  readonly name: string;
  readonly column: Column;
}

/** The event's shape: what a consumer may rely on. */
export interface EventSchema {
  /** Every field of the value, in order. */
  readonly fields: readonly Field[];
  /** Which of them make the key, in order; empty: no key. Key columns are always fields of the value or of `hidden`. */
  readonly key: readonly Field[];
  /** sha256 over fields and key, first 16 hex digits: the schema id in the headers. */
  readonly fingerprint: string;
}

/** Rows → bytes. Compiled once per schema; the same row gives the same bytes, always. */
export interface Encoder {
  readonly schema: EventSchema;
  /** `values` in the order of the request's columns. null where the schema has no key. LIB211 for a value that cannot be encoded. */
  key(values: readonly Value[]): Buffer | null;
  value(values: readonly Value[]): Buffer;
}
