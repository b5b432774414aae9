import type { TlsConfig } from '../kit/tls.ts';
import type { UrlTls } from './database-url.ts';
import type { Path } from './problem.ts';
import { readFrom } from './read-file.ts';
import type { TlsData } from './schema/tls-schema.ts';
import { keepSecret, type Scope } from './scope.ts';

const plain: TlsConfig = { ca: null, cert: null, key: null, servername: null, verify: true };
const isPem = (text: string): boolean => text.includes('-----BEGIN ');

/** PEM text, or the PEM text of the file that is named. */
function pem(value: string, path: Path, scope: Scope): string | null {
  if (isPem(value)) return value;
  const { problems, readFile } = scope;
  const file = readFrom(problems.file.directory, value, readFile);
  if ('reason' in file) {
    problems.add('LIB107', path, `names a file that cannot be read: ${file.reason}`, {
      cure: 'Give the path of a PEM file, relative to the jobs file, or the PEM text itself.',
    });
    return null;
  }
  if (isPem(file.text)) return file.text;
  problems.add('LIB103', path, 'names a file that is not PEM', {
    cure: 'Give a file that begins with -----BEGIN; convert DER with openssl.',
  });
  return null;
}

function pemAt(value: string | null | undefined, path: Path, scope: Scope): string | null {
  return value === null || value === undefined ? null : pem(value, path, scope);
}

function rememberKey(config: TlsConfig, path: Path, scope: Scope): TlsConfig {
  if (config.key !== null) keepSecret(scope, config.key, path);
  return config;
}

/** `tls:` of a source, sink or state. */
export function normaliseTls(data: TlsData | undefined, path: Path, scope: Scope): TlsConfig | null {
  if (data === undefined || data === false) return null;
  if (data === true) return plain;
  if ((data.cert === undefined) !== (data.key === undefined)) {
    const missing = data.cert === undefined ? 'cert' : 'key';
    const other = missing === 'cert' ? 'key' : 'cert';
    scope.problems.addMissing([...path, missing], null, `Give cert and key together, or remove ${other}.`);
  }
  const config = {
    ca: pemAt(data.ca, [...path, 'ca'], scope),
    cert: pemAt(data.cert, [...path, 'cert'], scope),
    key: pemAt(data.key, [...path, 'key'], scope),
    servername: data.servername ?? null,
    verify: data.verify ?? true,
  };
  return rememberKey(config, [...path, 'key'], scope);
}

/** TLS as the parameters of the URL at `path` say it. */
export function normaliseUrlTls(tls: UrlTls, path: Path, scope: Scope): TlsConfig | null {
  if (!tls.on) return null;
  const config = {
    ...plain,
    ca: pemAt(tls.ca, path, scope),
    cert: pemAt(tls.cert, path, scope),
    key: pemAt(tls.key, path, scope),
    verify: tls.verify,
  };
  return rememberKey(config, path, scope);
}
