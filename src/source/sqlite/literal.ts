import type { Value } from '../../model/value.ts';

/** What SQLite stores: INTEGER as bigint, REAL as number, TEXT as string, BLOB as bytes. */
export type Stored = bigint | number | string | Uint8Array;

const int64 = { lowest: -(2n ** 63n), highest: 2n ** 63n - 1n };

/**
 * A value as the SQL literal that means exactly it: `42`, `1.5`, `'it''s'`, `X'00FF'`. Two values that
 * SQLite holds for equal have one literal, so a whole REAL is written as the INTEGER it equals.
 */
export function toLiteral(value: Stored): string {
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'number':
      return realLiteral(value);
    case 'string':
      return `'${value.replaceAll("'", "''")}'`;
    default:
      return `X'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex').toUpperCase()}'`;
  }
}

function realLiteral(value: number): string {
  // SQLite has no name for infinity; its own shell prints it so.
  if (!Number.isFinite(value)) return value > 0 ? '9e999' : '-9e999';
  if (Number.isInteger(value)) {
    const whole = BigInt(value);
    if (whole >= int64.lowest && whole <= int64.highest) return String(whole);
  }
  return String(value);
}

/** The value that a literal of ours means; null when it is none of ours. */
export function fromLiteral(literal: string): Stored | null {
  if (/^-?\d+$/.test(literal)) {
    const whole = BigInt(literal);
    return whole >= int64.lowest && whole <= int64.highest ? whole : Number(literal);
  }
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(literal)) return Number(literal);
  if (/^'(?:[^']|'')*'$/.test(literal)) return literal.slice(1, -1).replaceAll("''", "'");
  if (/^X'(?:[0-9a-f]{2})*'$/i.test(literal)) return Buffer.from(literal.slice(2, -1), 'hex');
  return null;
}

/** Whether a driver's field is one of the storage classes; NULL is not. */
export function isStored(field: Value | undefined): field is Stored {
  return typeof field === 'bigint' || typeof field === 'number' || typeof field === 'string' || field instanceof Uint8Array;
}
