/**
 * What a column holds, in one vocabulary for every database. It decides the canonical form of
 * a `Value` (see value.ts), how it is encoded, and whether it can be a cursor.
 */
export type ColumnType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer' }
  | { readonly kind: 'decimal' }
  | { readonly kind: 'float' }
  | { readonly kind: 'text' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'json' }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  /** A local time without zone. */
  | { readonly kind: 'timestamp' }
  /** An instant. */
  | { readonly kind: 'timestamptz' }
  | { readonly kind: 'interval' }
  /** The value is JSON text of an array, made by the source. */
  | { readonly kind: 'array'; readonly element: ColumnType }
  /** SQLite: each value says itself what it is. */
  | { readonly kind: 'dynamic' };

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** The database's own name of the type, usable in a cast: `timestamp(6) with time zone`, `bigint unsigned`. */
  readonly native: string;
  readonly nullable: boolean;
  /** Its values have no order that a page could continue in: neither a cursor nor what the rows are read by. */
  readonly unordered?: true;
}

/** Columns in the order of the index. */
export interface IndexInfo {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
}

export interface TableName {
  /** null where the database has no schemas, or the connection's default is meant. */
  readonly schema: string | null;
  readonly name: string;
}

/** What a job reads: a table, or a query's text as the user wrote it. */
export type Relation = { readonly kind: 'table'; readonly table: TableName } | { readonly kind: 'query'; readonly text: string };

/** What introspection finds about a relation. A query has no primary key and no indexes. */
export interface Shape {
  readonly columns: readonly Column[];
  readonly primaryKey: readonly string[];
  readonly indexes: readonly IndexInfo[];
  /** Remarks that the user should hear, whatever the job's mode. */
  readonly remarks: readonly string[];
  /** What makes its ids unsafe as a cursor, e.g. an INTEGER PRIMARY KEY without AUTOINCREMENT. */
  readonly idRemarks: readonly string[];
}
