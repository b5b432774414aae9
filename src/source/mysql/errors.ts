import { type ErrorCode, LiberateError } from '../../kit/errors.ts';
import { redactSecrets } from '../../kit/redact.ts';

interface NativeError {
  readonly name: string;
  readonly message: string;
  /** The server's error number; null for a failure on this side. */
  readonly errno: number | null;
  /** The driver's or the operating system's name of the failure. */
  readonly code: string | null;
}

/** The server's error numbers by what they mean to us; every other one is a refused statement. */
const byErrno: Readonly<Partial<Record<ErrorCode, readonly number[]>>> = {
  // Too many connections, of all or of this user; a cluster's node that is not ready.
  LIB201: [1040, 1047, 1203, 1226],
  // Access denied, unknown database, host refused, password expired, TLS demanded.
  LIB202: [1044, 1045, 1049, 1129, 1130, 1251, 1698, 1820, 1862, 3118, 3159, 4151],
  LIB203: [1051, 1146],
  LIB204: [1054],
  // A lock not got in time, a deadlock, the statement's time limit of MariaDB and of MySQL.
  LIB209: [1205, 1213, 1969, 3024],
  // Shut down, connection aborted or idle too long, killed by another session.
  // And, of a statement alone: no memory, a full disk, a full temporary table. Below 1000 are numbers of the server's own files,
  // which it hands on as they are: a temporary one could not be read, written, or be held for want of memory or room.
  LIB210: [
    2, 3, 5, 20, 1021, 1026, 1030, 1037, 1038, 1041, 1114, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 4031,
  ],
  LIB213: [1142, 1143, 1227, 1370],
};

const codes = new Map<number, ErrorCode>(
  Object.entries(byErrno).flatMap(([code, numbers]) => numbers.map((errno) => [errno, code as ErrorCode] as const)),
);

/** Mostly for want of room on a disk: a temporary file that could not be written, an engine that could not go on. */
const noRoom: ReadonlySet<number> = new Set([3, 20, 1021, 1026, 1030, 1114]);

const notReached = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'EACCES']);

/** A server that cannot speak TLS, or whose certificate is not the one to trust. */
const tlsFailure = /^HANDSHAKE_|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|^ERR_(TLS|SSL|OSSL)/;

/**
 * What mysql2, knex or the server threw, as a LiberateError. `phase`: a failure without a number
 * of the server's means something else before the connection stands than after. `secrets` are struck out
 * of the message.
 */
export function sortError(thrown: unknown, phase: 'connecting' | 'connected', secrets: readonly string[]): LiberateError {
  if (thrown instanceof LiberateError) return thrown;
  const native = nativeError(thrown);
  return new LiberateError(codeOf(native, phase), redactSecrets(native.message, secrets), {
    cause: thrown,
    ...betterCure(native),
  });
}

/** The server's error number; null when the failure is not the server's. */
export function serverErrno(thrown: unknown): number | null {
  const cause = thrown instanceof LiberateError ? thrown.cause : thrown;
  return nativeError(cause).errno;
}

function codeOf({ name, errno, code }: NativeError, phase: 'connecting' | 'connected'): ErrorCode {
  const lost = phase === 'connecting' ? 'LIB201' : 'LIB210';
  if (name === 'KnexTimeoutError') return 'LIB201';
  if (errno !== null) {
    const sorted = codes.get(errno) ?? 'LIB207';
    return sorted === 'LIB210' ? lost : sorted;
  }
  if (code === null) return lost;
  if (notReached.has(code)) return 'LIB201';
  return tlsFailure.test(code) || code === 'AUTH_SWITCH_PLUGIN_ERROR' ? 'LIB202' : lost;
}

function betterCure({ name, errno, code }: NativeError): { readonly cure?: string } {
  if (name === 'KnexTimeoutError') return { cure: 'All connections of the pool are busy: raise `pool:` of the source.' };
  if (errno === 1040 || errno === 1203 || errno === 1226) {
    return { cure: "Lower `pool:` of the source, or raise the server's max_connections." };
  }
  if (errno !== null && noRoom.has(errno)) {
    return {
      cure: "Free room on the disk of the source's server, or add an index on (cursor, key): what it cannot sort in memory it writes there.",
    };
  }
  if (errno === 1820 || errno === 1862) return { cure: 'Give the user a new password: the old one has expired.' };
  if (errno === 3159) return { cure: 'The server takes only TLS: add `tls: true` to the source.' };
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return { cure: 'The server has no TLS: take `tls:` out of the source.' };
  if (code !== null && tlsFailure.test(code)) {
    return { cure: "The server's certificate is not trusted: give its CA as `tls: {ca: …}`." };
  }
  return {};
}

function nativeError(thrown: unknown): NativeError {
  if (!(thrown instanceof Error)) return { name: '', message: String(thrown), errno: null, code: null };
  const { code, errno } = thrown as { readonly code?: unknown; readonly errno?: unknown };
  // A name with several addresses fails with one error for each and no message of its own.
  const parts = thrown instanceof AggregateError ? thrown.errors.map(String).join('; ') : '';
  return {
    name: thrown.name,
    message: thrown.message === '' ? parts : thrown.message,
    // The operating system's numbers are negative, those of the server are not.
    errno: typeof errno === 'number' && errno > 0 ? errno : null,
    code: typeof code === 'string' ? code : null,
  };
}
