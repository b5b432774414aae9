/** A row's width. Each is a selection of the same columns; `wide` has a long note. */
export type Shape = 'standard' | 'narrow' | 'wide';

export const columnsOf: Readonly<Record<Shape, readonly string[]>> = {
  standard: ['id', 'public_id', 'email', 'note', 'amount', 'quantity', 'active', 'created_at', 'day', 'updated_at'],
  narrow: ['id', 'quantity', 'active', 'updated_at'],
  wide: ['id', 'public_id', 'email', 'note', 'amount', 'quantity', 'active', 'created_at', 'day', 'updated_at'],
};

/** How often the note says its sentence: it makes a row's JSON as long as `bytesOf` says, within a tenth. */
export const sentences: Readonly<Record<Shape, number>> = { standard: 1, narrow: 1, wide: 43 };

/** About so many bytes of JSON a row; each database writes stamps and numbers in its own way. */
export const bytesOf: Readonly<Record<Shape, number>> = { standard: 350, narrow: 90, wide: 4000 };

/** A column in a database's own words. */
export interface Column {
  readonly type: string;
  /** Its value in row `i`, the same in each run. */
  readonly value: string;
}

export interface Rows {
  readonly table: string;
  readonly shape: Shape;
  /** Ids, both included. */
  readonly from: number;
  readonly to: number;
  /** `now`: the server stamps them at the insert. */
  readonly stamp: 'seeded' | 'now';
}

/** A shell command that writes each row as key, tab, JSON, line end: the least that any way to Kafka must do. */
export interface Dump {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}
