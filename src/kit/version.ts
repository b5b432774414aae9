import { readFileSync } from 'node:fs';

let known: string | null = null;

/** The version of this package, read when it is first asked for. */
export function packageVersion(): string {
  if (known !== null) return known;
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  known = version;
  return version;
}
