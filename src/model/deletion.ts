import type { Column } from './column.ts';

/** What says of a row that it is deleted, though it is still there: a column of its own, or the user's condition, SQL text. */
export type Deletion = { readonly kind: 'column'; readonly column: Column } | { readonly kind: 'condition'; readonly sql: string };
