import { LiberateError } from '../../kit/errors.ts';
import type { Column, ColumnFacts } from '../../model/column.ts';
import { toLiteral } from './literal.ts';

/**
 * SQLite's types belong to values, not to columns: a column declared INTEGER may hold text, and one
 * declared TIMESTAMP holds text, seconds or Julian days as the application likes. Hence every column
 * has the kind `dynamic`, and each value is published as what it is:
 *
 * | stored  | Value      | mark     |
 * | ------- | ---------- | -------- |
 * | INTEGER | bigint     | `42`     |
 * | REAL    | number     | `1.5`    |
 * | TEXT    | string     | `'text'` |
 * | BLOB    | Uint8Array | `X'00FF'`|
 *
 * BOOLEAN columns hold 0 and 1 and are published so. The declared type stands in `native`, so that a
 * job's mode and event time can be told by it (`TIMESTAMP`, `INTEGER`); a column without one, and an
 * expression of a query, have `ANY`. STRICT tables are no exception: their columns say `native` truly.
 */
export const undeclared = 'ANY';

export interface Declared {
  readonly name: string;
  readonly type: string | null;
  readonly nullable: boolean;
  /** What every value of the column is, because the table is STRICT or the column is the rowid; null: each as it likes. */
  readonly stored: ColumnFacts['stored'] | null;
  /** SQL. */
  readonly default: string | null;
}

export function dynamicColumn({ name, type, nullable, stored, default: byDefault }: Declared): Column {
  const facts = { ...(stored ? { stored } : {}), ...(byDefault === null ? {} : { default: byDefault }) };
  return { name, type: { kind: 'dynamic' }, native: type === null || type === '' ? undeclared : type, nullable, facts };
}

/** What a column of a STRICT table keeps to; ANY is none. */
export function strictType(declared: string): ColumnFacts['stored'] | null {
  return strictTypes[declared.toUpperCase()] ?? null;
}

const strictTypes: Readonly<Record<string, NonNullable<ColumnFacts['stored']>>> = {
  INT: 'integer',
  INTEGER: 'integer',
  REAL: 'real',
  TEXT: 'text',
  BLOB: 'blob',
};

export type Affinity = 'integer' | 'text' | 'blob' | 'real' | 'numeric';

/** What SQLite turns a value into when it is stored in a column so declared: its own rules, in its own order. */
export function affinity(native: string): Affinity {
  const declared = native.toUpperCase();
  if (declared === undeclared) return 'blob';
  if (declared.includes('INT')) return 'integer';
  if (/CHAR|CLOB|TEXT/.test(declared)) return 'text';
  if (declared.includes('BLOB')) return 'blob';
  return /REAL|FLOA|DOUB/.test(declared) ? 'real' : 'numeric';
}

/**
 * What a user typed as a mark. A number is a number unless the column turns it into text; any other
 * text is text, which an INTEGER or REAL column refuses (LIB103): there it would sort after every row.
 */
export function parseCursor(text: string, column: Column): string {
  const kind = affinity(column.native);
  const trimmed = text.trim();
  if (kind === 'text') return toLiteral(text);
  if (/^[+-]?\d+$/.test(trimmed)) return toLiteral(wholeNumber(trimmed));
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return toLiteral(Number(trimmed));
  if (kind === 'integer' || kind === 'real' || trimmed === '') {
    throw new LiberateError('LIB103', `"${text}" is no value of the column "${column.name}" (${column.native})`, {
      place: { column: column.name },
      cure: kind === 'integer' || kind === 'real' ? 'Give a number, as the column stores it.' : 'Give a value as the column stores it.',
    });
  }
  return toLiteral(trimmed);
}

/** Like SQLite itself: what does not fit 64 bits is a REAL. */
function wholeNumber(text: string): bigint | number {
  const whole = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, whole) === whole ? whole : Number(text);
}
