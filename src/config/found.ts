import { isMapping, type JobsFile, pathKey, valueAt } from './jobs-file.ts';
import type { Path } from './problem.ts';

const hidden = 'a text that is not shown';

/** Places that hold a secret, or hold one when the user mistook a text for a mapping. */
function isSecretPlace(path: Path): boolean {
  const names = path.filter((part) => typeof part === 'string');
  const last = names.at(-1) ?? '';
  // A text mistaken for the mapping that a mask is may be its salt.
  if (last === 'salt' || last === 'hash' || names.at(-2) === 'mask') return true;
  if (names.includes('password') || names.includes('token') || last === 'sasl' || last === 'tls') return true;
  return names.at(-2) === 'tls' && ['ca', 'cert', 'key'].includes(last);
}

/** Places of connection texts, whose part after the scheme may hold a login. */
function isConnectionPlace(path: Path): boolean {
  const [top, second, third] = path;
  const last = path.at(-1);
  if (last === 'url' || last === 'registry' || path.includes('brokers')) return true;
  if (top === 'source' || top === 'sink' || top === 'state') return path.length === 1;
  return (top === 'sources' || top === 'sinks') && third === undefined && second !== undefined;
}

function shownText(text: string, path: Path): string {
  if (/:\/\/|@/.test(text) || (isConnectionPlace(path) && text.includes(':'))) {
    const scheme = /^[a-z][a-z0-9+]{0,19}:/.exec(text)?.[0];
    return scheme === undefined ? hidden : `"${scheme}…"`;
  }
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}

/**
 * The value at a path as a message may print it: never the content of a secret place, of a
 * variable, or of what looks like a URL with a login.
 */
export function found(file: JobsFile, path: Path): string {
  const value = valueAt(file.value, path);
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isMapping(value)) return 'a mapping';
  const fills = file.fills.get(pathKey(path));
  if (fills !== undefined) return `the value of ${fills.map((fill) => fill.label).join(' and ')}`;
  if (isSecretPlace(path)) return hidden;
  if (typeof value === 'string') return shownText(value, path);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return value instanceof Date ? 'a Date' : `a ${typeof value}`;
}

/** May a message quote the text that stands at the path? */
export function isShown(file: JobsFile, path: Path): boolean {
  return !file.fills.has(pathKey(path)) && !isSecretPlace(path) && !isConnectionPlace(path);
}
