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

/** What the database tells of a column beyond its type; of an array, of its elements. What it does not tell is left out. */
export interface ColumnFacts {
  /** A number's size: 8 to 64 of an integer, 32 or 64 of a float. */
  readonly bits?: number;
  readonly unsigned?: true;
  /** All digits of a decimal. */
  readonly precision?: number;
  /** Digits behind the point of a decimal; of a time or a stamp, those of the second's fraction. */
  readonly scale?: number;
  /** Most characters of a text, most bytes of bytes. */
  readonly length?: number;
  /** A time that lies within a day. */
  readonly daytime?: true;
  /** What an enum or a set is made of, in its order; one may be added at any time. */
  readonly labels?: readonly string[];
  /** What a composite is made of. */
  readonly parts?: readonly { readonly name: string; readonly native: string }[];
  /** SQLite: the storage class that a STRICT table keeps to. */
  readonly stored?: 'integer' | 'real' | 'text' | 'blob';
  /** The column's comment. */
  readonly doc?: string;
  /** The default, as SQL. */
  readonly default?: string;
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** The database's own name of the type, usable in a cast: `timestamp(6) with time zone`, `bigint unsigned`. */
  readonly native: string;
  readonly nullable: boolean;
  /** Its values have no order that a page could continue in: neither a cursor nor what the rows are read by. */
  readonly unordered?: true;
  /** The job masks it: its values are not to be shown anywhere. */
  readonly masked?: true;
  readonly facts?: ColumnFacts;
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
  /** Each row carries the number of the transaction that wrote it: what the table is known by where it does. */
  readonly rowVersions?: string | null;
  /** Columns whose ids a session takes several of at once, to use them later: column → how many. */
  readonly cachedIds?: Readonly<Record<string, number>>;
  /** Another text as soon as the relation has other columns or another key; only ever compared. None: nobody can tell. */
  readonly version?: string;
}
