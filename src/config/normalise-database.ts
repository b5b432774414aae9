import { resolve } from 'node:path';
import { parseDuration } from '../kit/duration.ts';
import type { TlsConfig } from '../kit/tls.ts';
import type { SourceConfig } from '../source/source-config.ts';
import type { StateConfig } from '../state/state-config.ts';
import type { Address } from './database-url.ts';
import { sourceDefaults, stateDefaults } from './defaults.ts';
import { isWritten } from './jobs-file.ts';
import { normaliseTls, normaliseUrlTls } from './normalise-tls.ts';
import type { Path } from './problem.ts';
import type { SourceData, StateData } from './schema/database-schema.ts';
import { keepSecret, type Scope, warnOfPlainPassword } from './scope.ts';

interface Login {
  readonly kind: Address['kind'];
  readonly url: string;
  readonly user: string | null;
  readonly password: string | null;
  readonly tls: TlsConfig | null;
}

/** The URL's password, with its variables: the URL as a whole is not a secret, and a user name is none either. */
function keepUrlPassword(address: Address, path: Path, scope: Scope): void {
  const { password, encodedPassword } = address;
  if (password === null || encodedPassword === null || password === '') return;
  keepSecret(scope, password, path);
  keepSecret(scope, encodedPassword, path);
  warnOfPlainPassword(scope, path);
}

function refuseTwice(scope: Scope, path: Path, key: string, inUrl: boolean): void {
  if (!inUrl || !isWritten(scope.problems.file.value, [...path, key])) return;
  scope.problems.add('LIB108', [...path, key], 'is given, and the URL says it too', { cure: 'Keep one of the two.' });
}

function sqliteLogin(address: Address, path: Path, scope: Scope): Login {
  const { file } = scope.problems;
  for (const key of ['user', 'password', 'tls']) {
    if (!isWritten(file.value, [...path, key])) continue;
    scope.problems.add('LIB108', [...path, key], 'means nothing to a SQLite file', { cure: `Remove ${key}.` });
  }
  return { kind: 'sqlite', url: resolve(file.directory, address.url), user: null, password: null, tls: null };
}

/** Where, as whom and how safely to connect, out of either form. */
function normaliseLogin(data: Address | Exclude<SourceData | StateData, Address>, path: Path, scope: Scope): Login {
  const short = 'kind' in data;
  const address = short ? data : data.url;
  const urlPath = short ? path : [...path, 'url'];
  if (address.kind === 'sqlite') return sqliteLogin(address, path, scope);
  keepUrlPassword(address, urlPath, scope);
  const urlTls = address.tls === null ? null : normaliseUrlTls(address.tls, urlPath, scope);
  const login = { kind: address.kind, url: address.url, user: address.user, password: address.password, tls: urlTls };
  if (short) return login;
  refuseTwice(scope, path, 'user', address.user !== null);
  refuseTwice(scope, path, 'password', address.password !== null);
  refuseTwice(scope, path, 'tls', address.tls !== null);
  if (data.password !== undefined) {
    keepSecret(scope, data.password, [...path, 'password']);
    warnOfPlainPassword(scope, [...path, 'password']);
  }
  return {
    ...login,
    user: data.user ?? login.user,
    password: data.password ?? login.password,
    tls: data.tls === undefined ? urlTls : normaliseTls(data.tls, [...path, 'tls'], scope),
  };
}

export function normaliseSource(name: string, data: SourceData, path: Path, scope: Scope): SourceConfig {
  const long = 'kind' in data ? undefined : data;
  return {
    name,
    ...normaliseLogin(data, path, scope),
    pool: long?.pool ?? sourceDefaults.pool,
    timezone: long?.timezone ?? null,
    statementTimeout: long?.statementTimeout ?? (parseDuration(sourceDefaults.statementTimeout) as number),
    session: long?.session ?? sourceDefaults.session,
  };
}

/** `jobs.yaml` → `jobs.state.db`, in the same folder. */
function defaultState(scope: Scope): Login {
  const { file, directory } = scope.problems.file;
  const name = (file ?? 'liberate').replace(/^.*[/\\]/, '').replace(/(.)\.[^.]*$/, '$1');
  return { kind: 'sqlite', url: resolve(directory, `${name}.state.db`), user: null, password: null, tls: null };
}

export function normaliseState(data: StateData | undefined, scope: Scope): StateConfig {
  return data === undefined ? defaultState(scope) : normaliseLogin(data, ['state'], scope);
}

/** Milliseconds. */
export function normaliseLease(data: StateData | undefined): number {
  const lease = data === undefined || 'kind' in data ? undefined : data.lease;
  return lease ?? (parseDuration(stateDefaults.lease) as number);
}
