import { type ErrorCode, LiberateError } from '../../kit/errors.ts';
import { redactSecrets } from '../../kit/redact.ts';

interface NativeError {
  readonly name: string;
  readonly message: string;
  /** SQLSTATE of the server, or errno / OpenSSL name of the connection. */
  readonly code: string | null;
  readonly hint: string | null;
}

/** SQLSTATE, or the first two characters of one, which stand for its class; the longer match wins. */
const bySqlState: Readonly<Record<string, ErrorCode>> = {
  '08': 'LIB210',
  '25P03': 'LIB210',
  '57P01': 'LIB210',
  '57P02': 'LIB210',
  '57P04': 'LIB210',
  '57P05': 'LIB210',
  '53': 'LIB201',
  // A full disk, no memory, a limit of temporary files: of a statement, while the server is well.
  '53100': 'LIB210',
  '53200': 'LIB210',
  '53400': 'LIB210',
  '57P03': 'LIB201',
  '28': 'LIB202',
  '3D000': 'LIB202',
  '3F000': 'LIB203',
  '42P01': 'LIB203',
  '42703': 'LIB204',
  '42501': 'LIB213',
  // Ended by the server for the sake of others; 40: a standby's replay, or a deadlock. Trying again helps.
  '40': 'LIB209',
  '55P03': 'LIB209',
  '57014': 'LIB209',
};

const notReached = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'EACCES']);

/**
 * What node-postgres, knex or the server threw, as a LiberateError. `phase`: a failure without a code
 * of the server's means something else before the connection stands than after. `secrets` are
 * struck out of the message.
 */
export function sortError(thrown: unknown, phase: 'connecting' | 'connected', secrets: readonly string[]): LiberateError {
  if (thrown instanceof LiberateError) return thrown;
  const native = nativeError(thrown);
  const hint = native.hint === null ? '' : ` (${native.hint})`;
  const words = redactSecrets(`${native.message}${hint}`, secrets);
  return new LiberateError(codeOf(native, phase), words, { cause: thrown, ...betterCure(native) });
}

function codeOf(native: NativeError, phase: 'connecting' | 'connected'): ErrorCode {
  const { code } = native;
  const lost = phase === 'connecting' ? 'LIB201' : 'LIB210';
  if (native.name === 'KnexTimeoutError') return 'LIB201';
  // The driver's own words, without a code, for a server that asks for a password when there is none.
  if (code === null) return native.message.startsWith('SASL') ? 'LIB202' : lost;
  if (notReached.has(code)) return 'LIB201';
  if (!/^[0-9A-Z]{5}$/.test(code) || code === 'EPIPE') return lost;
  const sorted = bySqlState[code] ?? bySqlState[code.slice(0, 2)] ?? 'LIB207';
  return sorted === 'LIB210' ? lost : sorted;
}

function betterCure(native: NativeError): { readonly cure?: string } {
  if (native.name === 'KnexTimeoutError') return { cure: 'All connections of the pool are busy: raise `pool:` of the source.' };
  if (native.code === '53300') return { cure: "Lower `pool:` of the source, or raise the server's max_connections." };
  if (native.code === '53100' || native.code === '53400') {
    return {
      cure: "Free room on the disk of the source's server, or add an index on (cursor, key): what it cannot sort in memory it writes there.",
    };
  }
  if (native.code !== null && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(native.code)) {
    return { cure: "The server's certificate is not trusted: give its CA as `tls: {ca: …}`." };
  }
  return {};
}

function nativeError(thrown: unknown): NativeError {
  if (!(thrown instanceof Error)) return { name: '', message: String(thrown), code: null, hint: null };
  const { code, hint } = thrown as { readonly code?: unknown; readonly hint?: unknown };
  // A name with several addresses fails with one error for each and no message of its own.
  const parts = thrown instanceof AggregateError ? thrown.errors.map(String).join('; ') : '';
  return {
    name: thrown.name,
    message: thrown.message === '' ? parts : thrown.message,
    code: typeof code === 'string' ? code : null,
    hint: typeof hint === 'string' ? hint : null,
  };
}
