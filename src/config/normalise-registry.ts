import { parseDuration } from '../kit/duration.ts';
import type { RegistryConfig, RegistryLogin } from '../model/registry.ts';
import { registryDefaults } from './defaults.ts';
import { normaliseTls } from './normalise-tls.ts';
import type { Path } from './problem.ts';
import type { RegistryAddress } from './registry-url.ts';
import type { RegistryData } from './schema/registry-schema.ts';
import { keepSecret, type Scope, warnOfPlainPassword } from './scope.ts';

type Long = Exclude<RegistryData, RegistryAddress>;

const isLong = (data: RegistryData): data is Long => typeof data.url !== 'string';

/** `registry:` of a sink. */
export function normaliseRegistry(data: RegistryData | undefined, path: Path, scope: Scope): RegistryConfig | null {
  if (data === undefined) return null;
  const long = isLong(data) ? data : null;
  const address = isLong(data) ? data.url : data;
  const urlPath = long === null ? path : [...path, 'url'];
  const secure = address.url.startsWith('https:');
  const tls = normaliseTls(long?.tls, [...path, 'tls'], scope);
  if (tls !== null && !secure) {
    scope.problems.add('LIB108', [...path, 'tls'], 'is given, and the URL is http', { cure: 'Write https://, or remove tls.' });
  }
  const login = loginOf(address, long, path, urlPath, scope);
  if (login !== null && !secure) {
    const what = login.kind === 'basic' ? 'the password' : 'the token';
    scope.problems.warn(urlPath, `is http: ${what} travels unencrypted`, 'Use https://.');
  }
  return {
    url: address.url,
    login,
    tls,
    register: long?.register ?? registryDefaults.register,
    subjects: long?.subjects ?? registryDefaults.subjects,
    deadline: long?.deadline ?? (parseDuration(registryDefaults.deadline) as number),
  };
}

function loginOf(address: RegistryAddress, long: Long | null, path: Path, urlPath: Path, scope: Scope): RegistryLogin | null {
  const { problems } = scope;
  if (address.password !== null && address.encodedPassword !== null) {
    keepSecret(scope, address.encodedPassword, urlPath);
    keepAt(scope, address.password, urlPath);
  }
  if (long?.password !== undefined) keepAt(scope, long.password, [...path, 'password']);
  if (long?.token !== undefined) keepAt(scope, long.token, [...path, 'token']);
  for (const key of ['user', 'password'] as const) {
    if (address[key] === null || long?.[key] === undefined) continue;
    problems.add('LIB108', [...path, key], 'is given, and the URL says it too', { cure: 'Keep one of the two.' });
  }
  const user = long?.user ?? address.user;
  const password = long?.password ?? address.password;
  if (long?.token !== undefined) {
    if (user !== null || password !== null) {
      problems.add('LIB108', [...path, 'token'], 'is given, and a user too', { cure: 'Keep token, or user and password.' });
    }
    return { kind: 'bearer', token: long.token };
  }
  if (user === null && password !== null)
    problems.addMissing([...path, 'user'], 'a user name', 'Add user, or write the password as token.');
  return user === null ? null : { kind: 'basic', user, password: password ?? '' };
}

function keepAt(scope: Scope, secret: string, path: Path): void {
  keepSecret(scope, secret, path);
  warnOfPlainPassword(scope, path);
}
