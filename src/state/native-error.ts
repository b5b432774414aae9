/**
 * A driver's own words. Knex puts the statement before them, which may be long and names no value:
 * its binds are never interpolated (`compileSqlOnError: false`).
 */
export function nativeWords(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  // A refused connection to a name with several addresses is an AggregateError with an empty message.
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(nativeWords).join('; ');
  if ('sqlMessage' in thrown && typeof thrown.sqlMessage === 'string') return thrown.sqlMessage;
  const at = thrown.message.lastIndexOf(' - ');
  return at === -1 ? thrown.message : thrown.message.slice(at + 3);
}

/**
 * What may be kept as the cause: the words and the stack. A driver's error also holds the statement with its
 * values, or the row that was refused, which for a state are megabytes and for a login may be secret.
 */
export function nativeCause(thrown: unknown): Error {
  const cause = new Error(nativeWords(thrown));
  if (thrown instanceof Error && thrown.stack !== undefined) cause.stack = thrown.stack;
  return cause;
}

/** Knex tells warnings on the console by itself; what matters comes back as an error. */
export const silentLog = {
  debug: (): void => {},
  warn: (): void => {},
  error: (): void => {},
  deprecate: (): void => {},
};
