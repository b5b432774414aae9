import { hidden } from '../model/shaping.ts';

/** What a database says of a read that it was not asked to make. */
export interface Explained {
  /** The statement as it runs. */
  readonly sql: string;
  /** What the driver is given, in the order of their places; MySQL has them in the text. */
  readonly binds: readonly string[];
  /** As the database prints it, a line each. */
  readonly lines: readonly string[];
  /** What is read whole: relations, or indexes from end to end. null: the database does not tell this user. */
  readonly scans: readonly string[] | null;
  /** All rows that are found are sorted before the first leaves. */
  readonly sorts: boolean;
}

/** The same with these texts struck out wherever they stand as a value: they are of columns that are masked. */
export function withoutTexts(explained: Explained, texts: readonly string[]): Explained {
  const bare = texts.map((text) => text.replace(/^'(.*)'$/s, '$1')).filter((text) => text !== '');
  if (bare.length === 0) return explained;
  const escaped = bare.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const standing = new RegExp(`(?<![\\w.])(?:${escaped.join('|')})(?![\\w.])`, 'g');
  const strike = (text: string): string => text.replace(standing, hidden);
  return { ...explained, sql: strike(explained.sql), binds: explained.binds.map(strike), lines: explained.lines.map(strike) };
}

/** Names without repetition, a few of them: a table of a thousand partitions is one. */
export function fewNames(names: Iterable<string>): readonly string[] {
  const all = [...new Set(names)];
  return all.length <= 5 ? all : [...all.slice(0, 5), `${all.length - 5} more`];
}

/** As one word of a name of an index: letters, digits and `_`. */
export const indexName = (...parts: readonly string[]): string => parts.join('_').replace(/\W+/g, '_').slice(0, 60);
