import type { FileReader } from './config.ts';
import { pathKey } from './jobs-file.ts';
import type { Path } from './problem.ts';
import type { Problems } from './problems.ts';

/** What normalising one file needs and leaves. */
export interface Scope {
  readonly problems: Problems;
  readonly readFile: FileReader;
  readonly secrets: Set<string>;
}

/** Remembers a secret and, where it came from variables, their values: a log may meet either. */
export function keepSecret(scope: Scope, secret: string, path: Path): void {
  if (secret !== '') scope.secrets.add(secret);
  const fills = scope.problems.file.fills.get(pathKey(path)) ?? [];
  for (const { value } of fills) if (value !== '' && secret.includes(value)) scope.secrets.add(value);
}

/** Warns of a password that everyone who reads the jobs file can read. */
export function warnOfPlainPassword(scope: Scope, path: Path, what = 'a password'): void {
  const { file } = scope.problems;
  if (file.file === null || file.fills.has(pathKey(path))) return;
  scope.problems.warn(path, `holds ${what} as plain text`, 'Write ${NAME} or ${file:PATH} in its place.');
}
