import { type ErrorCode, LiberateError } from '../../kit/errors.ts';
import type { Trouble } from '../database.ts';
import { nativeWords } from '../native-error.ts';

interface Sorted {
  readonly code: ErrorCode;
  readonly cure?: string;
}

const freeRoom = 'Free room on the disk; what was not committed is read again.';

/** By primary result code; the extended ones begin with it: `SQLITE_READONLY_DIRECTORY`. */
const byCode: readonly (readonly [string, Sorted])[] = [
  ['SQLITE_BUSY', { code: 'LIB408' }],
  ['SQLITE_LOCKED', { code: 'LIB408' }],
  ['SQLITE_PROTOCOL', { code: 'LIB408' }],
  ['SQLITE_NOTADB', { code: 'LIB402' }],
  ['SQLITE_CORRUPT', { code: 'LIB402' }],
  ['SQLITE_IOERR_SHORT_READ', { code: 'LIB402' }],
  ['SQLITE_READONLY', { code: 'LIB405' }],
  ['SQLITE_CANTOPEN', { code: 'LIB405' }],
  ['SQLITE_PERM', { code: 'LIB405' }],
  // A full disk is a state that cannot be written, with a cure of its own.
  ['SQLITE_FULL', { code: 'LIB405', cure: freeRoom }],
  ['SQLITE_IOERR', { code: 'LIB405', cure: 'Look at the disk: it failed to read or write the file.' }],
];

function nativeCode(thrown: unknown): string {
  // The one connection was in use for as long as knex waits.
  if (thrown instanceof Error && thrown.name === 'KnexTimeoutError') return 'SQLITE_BUSY';
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
}

export function sortSqliteError(thrown: unknown, place: string): Trouble {
  const native = nativeCode(thrown);
  const { code, ...cure } = byCode.find(([prefix]) => native.startsWith(prefix))?.[1] ?? { code: 'LIB901' as const };
  const error = new LiberateError(code, `${place}: ${nativeWords(thrown)}${native === '' ? '' : ` (${native})`}`, {
    ...cure,
    cause: thrown,
  });
  return { error, again: code === 'LIB408' };
}
