import type { Definition } from '../model/state.ts';

/** What changed between the definition of a saved mark and the job's own, in words; null when nothing did. */
export function sameDefinition(now: Definition, saved: Definition): string | null {
  if (now.relation !== saved.relation) {
    const both = now.relation.startsWith('query') && saved.relation.startsWith('query');
    return both
      ? "the query's text is not the one that the saved mark was taken with"
      : `the saved mark belongs to ${saved.relation}, and the job reads ${now.relation}`;
  }
  if (now.mode !== saved.mode) return `the saved mark was taken in mode ${saved.mode}, and the job's mode is ${now.mode}`;
  const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
  if (list(now.cursor) !== list(saved.cursor)) {
    return `the saved mark is of cursor ${list(saved.cursor)}, and the job's cursor is ${list(now.cursor)}`;
  }
  if (list(now.key) !== list(saved.key)) {
    return `the saved mark was taken with key ${list(saved.key)}, and the job's key is ${list(now.key)}`;
  }
  return null;
}
