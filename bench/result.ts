import type { Machine } from './machine.ts';

/** What one round measured, by the figure's name with its unit: `wall s`, `rows/s`, `peak MB`. */
export type Figures = Readonly<Record<string, number>>;

export interface Measured {
  readonly name: string;
  readonly rounds: readonly Figures[];
}

/** What a case gives: figures of each contender, or why there are none. */
export interface Result {
  readonly case: string;
  /** Rows, their size, the way they went: all that makes figures comparable. */
  readonly what: string;
  readonly contenders: readonly Measured[];
  readonly skipped: string | null;
}

export const ceiling = 'ceiling';

/** The file that a run leaves behind. */
export interface Recording {
  readonly machine: Machine & { readonly versions: Readonly<Record<string, string>> };
  readonly results: readonly Result[];
}
