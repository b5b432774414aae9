import type { ColumnFacts, ColumnType } from './column.ts';

/** What a column is published as, in place of what the database holds. */
export interface Cast {
  /** As the jobs file has it: `string`, `decimal(12,2)`. */
  readonly text: string;
  readonly type: ColumnType;
  readonly facts: ColumnFacts;
}

/** What leaves in place of a column's text; NULL stays NULL. */
export type Mask =
  | { readonly kind: 'redact' }
  /** Of the text, only so many characters at its end. */
  | { readonly kind: 'keep'; readonly last: number }
  /** HMAC-SHA-256 of the text. The salt is a secret: never printed. */
  | { readonly kind: 'hash'; readonly salt: string; readonly encoding: 'hex' | 'base64' };

/** What stands where something was hidden. */
export const hidden = '***';
