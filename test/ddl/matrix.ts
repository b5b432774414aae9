import type { DatabaseKind } from '../support/database.ts';
import { type Change, type Impossible, type Outcome, outcomeOf, type Promised, promises } from './change-case.ts';
import { changes } from './changes.ts';

const databases: readonly (readonly [DatabaseKind, string])[] = [
  ['postgres', 'PostgreSQL'],
  ['mariadb', 'MySQL, MariaDB'],
  ['sqlite', 'SQLite'],
];

const headings: Readonly<Record<Promised, string>> = {
  none: '`none`',
  backward: '`backward`',
  forward: '`forward`',
  full: '`full`',
  newTopic: '`forward`, `newTopic`',
};

const words: Readonly<Partial<Record<Outcome, string>>> = { 'schema 2': 'next version', v2: 'next topic' };

function cells(change: Change | Impossible): readonly string[] {
  if ('reason' in change) return promises.map(() => '–');
  return promises.map((promised) => {
    const outcome = outcomeOf(change, promised);
    return words[outcome] ?? outcome;
  });
}

/** The table of docs/schemas.md: a line each change, and more where databases differ. */
export function matrix(): string {
  const lines = [
    `| change | database | ${promises.map((promised) => headings[promised]).join(' | ')} |`,
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const { name, on } of changes) {
    const groups = new Map<string, string[]>();
    for (const [kind, called] of databases) {
      const line = cells(on[kind]).join(' | ');
      groups.set(line, [...(groups.get(line) ?? []), called]);
    }
    for (const [line, called] of groups) lines.push(`| ${name} | ${groups.size === 1 ? 'all' : called.join(', ')} | ${line} |`);
  }
  return lines.join('\n');
}

const begin = '<!-- ddl -->';
const end = '<!-- /ddl -->';

/** The document with the table as it is now. */
export function withMatrix(document: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no ${begin} … ${end} in the document`);
  return `${document.slice(0, from + begin.length)}\n${matrix()}\n${document.slice(to)}`;
}
