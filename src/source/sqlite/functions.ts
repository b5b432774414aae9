import type { Database } from 'better-sqlite3';
import type { Stored } from './literal.ts';

/**
 * `greatest` and `least` as PostgreSQL has them (a NULL is passed over), so that one query text runs
 * on every database. The order is SQLite's own: numbers, then text, then bytes. SQLite's `max(a, b)` is
 * NULL as soon as one of the two is.
 */
export function registerFunctions(database: Database): void {
  const options = { varargs: true, deterministic: true, safeIntegers: true } as const;
  database.function('greatest', options, (...values: (Stored | null)[]) => extreme(values, 1));
  database.function('least', options, (...values: (Stored | null)[]) => extreme(values, -1));
}

function extreme(values: readonly (Stored | null)[], direction: 1 | -1): Stored | null {
  let found: Stored | null = null;
  for (const value of values) {
    if (value !== null && (found === null || compareStored(value, found) * direction > 0)) found = value;
  }
  return found;
}

/** SQLite's order without collations: negative, zero or positive. */
export function compareStored(a: Stored, b: Stored): number {
  const [classA, classB] = [storageClass(a), storageClass(b)];
  if (classA !== classB) return classA - classB;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  // JavaScript compares a bigint with a number by their exact values.
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

function storageClass(value: Stored): number {
  if (typeof value === 'string') return 1;
  return typeof value === 'object' ? 2 : 0;
}

function compareText(a: string, b: string): number {
  // SQLite compares UTF-8 bytes. JavaScript compares UTF-16 units, which sort beyond U+FFFF differently.
  const beyond = /[\ud800-\udfff]/;
  if (beyond.test(a) || beyond.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
