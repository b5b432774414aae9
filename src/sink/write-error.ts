import { LiberateError } from '../kit/errors.ts';

/** What the system says by errno, and what helps; anything else keeps the table's cure. */
const known: Readonly<Record<string, { readonly what: string; readonly cure: string }>> = {
  ENOSPC: { what: 'the disk is full', cure: 'Free room on the disk; the batch is then written again.' },
  EDQUOT: { what: 'the disk quota is used up', cure: 'Free room or raise the quota; the batch is then written again.' },
  EFBIG: { what: 'the file may not grow further', cure: 'Raise the limit on file sizes (ulimit -f), or move the file away.' },
  EACCES: { what: 'permission is denied', cure: 'Make it writable for this user.' },
  EPERM: { what: 'permission is denied', cure: 'Make it writable for this user.' },
  EROFS: { what: 'the file system is read-only', cure: 'Give another place, or mount it for writing.' },
  EISDIR: { what: 'a folder stands in its place', cure: 'Move the folder away, or give another place.' },
  ENOTDIR: { what: 'a file stands where a folder is needed', cure: 'Move the file away, or give another place.' },
  EEXIST: { what: 'a file stands where a folder is needed', cure: 'Move the file away, or give another place.' },
  ENAMETOOLONG: { what: 'the name is too long for the file system', cure: 'Give the job a shorter `topic:`.' },
  EMFILE: { what: 'this process has too many open files', cure: 'Raise the limit on open files (ulimit -n).' },
  ERR_STREAM_WRITE_AFTER_END: { what: 'it has been closed', cure: 'Keep it open as long as liberate runs.' },
};

/** A pipe that nobody reads any more: trying again cannot help. */
const gone: ReadonlySet<string> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/** A failure of the system as LIB306, or LIB311 for a reader that has gone. `doing`: `writing out/orders.ndjson`. */
export function writeError(doing: string, thrown: unknown): LiberateError {
  if (thrown instanceof LiberateError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (gone.has(code)) return new LiberateError('LIB311', `${doing} failed: its reader has gone away (${code})`, { cause: thrown });
  const entry = known[code];
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (entry === undefined) return new LiberateError('LIB306', `${doing} failed: ${message}`, { cause: thrown });
  return new LiberateError('LIB306', `${doing} failed: ${entry.what} (${code})`, { cause: thrown, cure: entry.cure });
}
