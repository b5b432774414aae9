import { valueAt } from './jobs-file.ts';
import type { Path } from './problem.ts';
import { shownKey } from './problem.ts';
import type { Problems } from './problems.ts';
import { suggest } from './suggest.ts';

/** What other tools, or a quick guess, call our keys. */
const elsewhere: Readonly<Record<string, string>> = {
  interval: 'every',
  pollinterval: 'every',
  cron: 'schedule',
  sql: 'query',
  tables: 'table',
  primarykey: 'key',
  pk: 'key',
  keys: 'key',
  batchsize: 'batch',
  name: 'topic',
  bootstrapservers: 'brokers',
  username: 'user',
  user: 'username',
  poolsize: 'pool',
  ssl: 'tls',
  rejectunauthorized: 'verify',
  job: 'jobs',
  disabled: 'enabled',
};

/** Keys of the design that this version does not have; silence about them would be a false promise. */
const later: readonly string[] = ['metrics', 'transactional', 'registry', 'numbers'];

const mayHoldLogin = ([top]: Path): boolean => ['source', 'sources', 'sink', 'sinks', 'state'].includes(String(top));

/** Adds a problem for a key that the mapping at `path` does not have. */
export function addUnknownKey(problems: Problems, path: Path, key: string, known: readonly string[]): void {
  const at = [...path, key];
  if (later.includes(key)) {
    problems.add('LIB104', at, 'is not in this version', { on: 'key', cure: 'Remove it.' });
    return;
  }
  const plain = key.toLowerCase().replace(/[-_.\s]/g, '');
  const named = Object.hasOwn(elsewhere, plain) ? elsewhere[plain] : undefined;
  const meant = suggest(key, known) ?? (named !== undefined && known.includes(named) ? named : null);
  const cure = meant === null ? `Remove it; the keys here are ${known.join(', ')}.` : `Did you mean ${shownKey(meant)}?`;
  // `{ user: me, password, s3cret }`: with a comma for a colon, the secret is a key.
  const isWord = valueAt(problems.file.value, at) !== null && /^[A-Za-z][A-Za-z_-]{0,29}$/.test(key);
  const hideKey = meant === null && mayHoldLogin(path) && !isWord;
  problems.add('LIB104', at, 'is an unknown key', { on: 'key', cure, hideKey });
}
