import { type ErrorCode, LiberateError } from '../../kit/errors.ts';

interface Sorted {
  readonly code: ErrorCode;
  readonly what: string;
  readonly cure?: string;
}

const walCure =
  'Let this user read the file. In WAL mode a reader also writes FILE-shm beside it: make the folder writable for this user, or keep a program that writes the database running.';

/** By SQLite's primary result code; an extended code (SQLITE_BUSY_SNAPSHOT) is looked up under its own name first. */
const sorted: Readonly<Record<string, Sorted>> = {
  SQLITE_CANTOPEN: { code: 'LIB201', what: 'cannot be opened', cure: walCure },
  SQLITE_READONLY: { code: 'LIB201', what: 'needs to be written before it can be read', cure: walCure },
  SQLITE_READONLY_ROLLBACK: {
    code: 'LIB201',
    what: 'was left by a writer that crashed in a transaction',
    cure: 'Open it once with a program that may write it, which rolls the transaction back.',
  },
  // Not LIB201: trying again cannot help. An encrypted file looks just the same.
  SQLITE_NOTADB: {
    code: 'LIB202',
    what: 'is not an SQLite database, or it is encrypted',
    cure: 'Give the path of an unencrypted SQLite database.',
  },
  SQLITE_BUSY: {
    code: 'LIB210',
    what: 'is locked by a writer',
    cure: 'Nothing: it is tried again. `PRAGMA journal_mode = WAL` lets readers and a writer work at once.',
  },
  SQLITE_LOCKED: { code: 'LIB210', what: 'is locked' },
  SQLITE_PROTOCOL: { code: 'LIB210', what: 'is locked' },
  SQLITE_IOERR: { code: 'LIB210', what: 'could not be read' },
  SQLITE_NOMEM: { code: 'LIB210', what: 'could not be read for want of memory' },
  SQLITE_FULL: {
    code: 'LIB210',
    what: 'could not be sorted: the disk of temporary files is full',
    cure: 'Free room on the disk, or add an index on (cursor, key).',
  },
  SQLITE_SCHEMA: { code: 'LIB210', what: 'changed its schema meanwhile' },
  SQLITE_INTERRUPT: { code: 'LIB209', what: 'was interrupted' },
  SQLITE_CORRUPT: { code: 'LIB207', what: 'is damaged', cure: 'Look at `PRAGMA integrity_check`, and restore the file from a backup.' },
  SQLITE_AUTH: { code: 'LIB213', what: 'may not be read' },
  SQLITE_PERM: { code: 'LIB213', what: 'may not be read' },
};

/** SQLite has one code for all that is wrong in a statement; these two it tells in words alone, always the same and always English. */
const inWords: readonly { readonly begins: string; readonly code: ErrorCode; readonly what: string }[] = [
  { begins: 'no such table: ', code: 'LIB203', what: 'there is no table' },
  { begins: 'no such column: ', code: 'LIB204', what: 'there is no column' },
];

/** A failure of SQLite as LIB2xx; anything else as it is. */
export function sqliteError(path: string, thrown: unknown): unknown {
  const code = nativeCode(thrown);
  if (thrown instanceof LiberateError || code === null) return thrown;
  const entry = sorted[code] ?? sorted[code.split('_', 2).join('_')];
  const words = thrown instanceof Error ? thrown.message : '';
  const said = inWords.find(({ begins }) => code === 'SQLITE_ERROR' && words.startsWith(begins));
  if (said !== undefined)
    return new LiberateError(said.code, `${said.what} ${words.slice(said.begins.length)} in ${path}`, { cause: thrown });
  if (entry === undefined) return new LiberateError('LIB207', `SQLite refused the statement: ${words} (${code})`, { cause: thrown });
  const message = `${path} ${entry.what} (${code}: ${words})`;
  return new LiberateError(entry.code, message, { cause: thrown, ...(entry.cure === undefined ? {} : { cure: entry.cure }) });
}

/** The driver refuses some statements itself, with a plain TypeError or RangeError: those that return nothing, or are two. */
export function refusedStatement(path: string, thrown: unknown): unknown {
  if (nativeCode(thrown) !== null || !(thrown instanceof TypeError || thrown instanceof RangeError)) return sqliteError(path, thrown);
  return new LiberateError('LIB207', `the statement cannot be run: ${thrown.message}`, { cause: thrown });
}

function nativeCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return null;
  return thrown.code.startsWith('SQLITE_') ? thrown.code : null;
}
