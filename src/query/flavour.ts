import type { Column, TableName } from '../model/column.ts';
import type { Micros } from '../model/watermark.ts';
import type { Lexis } from './placeholders.ts';
import type { Fresh } from './request.ts';

/** A value that the planner binds; the flavour says how it is written and what the driver is given. */
export type Bind =
  /** Mark text of a column, exactly as the server printed it. */
  | { readonly kind: 'mark'; readonly text: string; readonly column: Column }
  /** An instant of the source's clock, to be compared with a stamp column; `like`: mark text whose print form it takes (SQLite). */
  | { readonly kind: 'instant'; readonly micros: Micros; readonly column: Column; readonly like: string | null };

/** What differs between databases in the text of a read; one object per database, in its folder. */
export interface Flavour {
  quote(name: string): string;
  table(table: TableName): string;
  /** SQL text that stands for the bind, e.g. `$3::bigint` or `CAST(? AS SIGNED)`. `position` counts from 1. */
  bind(bind: Bind, position: number): string;
  /** The smaller of two expressions of one type. */
  least(a: string, b: string): string;
  /** Literals below and above every cursor value of the type, for `:since` and `:until` where a read has no bound. */
  lowest(column: Column): string;
  highest(column: Column): string;
  /** How a column is selected so that its value is exact, e.g. MySQL's FLOAT as a double; usually the expression itself. */
  select(expression: string, column: Column): string;
  /** An SQL condition that holds where the column says yes: true, a number other than zero, a stamp. */
  marks(expression: string, column: Column): string;
  /** `(a, b) > (x, y)` is served by an index; otherwise the planner writes it out with OR. */
  readonly rowComparison: boolean;
  /** Is a row (of that alias) fresh? `bind`: SQL that stands for a text of that type. None: no row tells who wrote it. */
  fresh?(row: string, fresh: Fresh, bind: (text: string, native: string) => string): string;
  /** How strings and comments are written in a user's query. */
  readonly lexis: Lexis;
}
