import type { DatabaseKind } from '../support/database.ts';
import { type Change, type Impossible, type Outcome, outcomeOf, type Promised, promises, type Written } from './change-case.ts';
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

function cells(change: Change | Impossible, written: Written): readonly string[] {
  if ('reason' in change) return promises.map(() => '–');
  return promises.map((promised) => {
    const outcome = outcomeOf(change, written, promised);
    return words[outcome] ?? outcome;
  });
}

/** The table of docs/schemas.md: a line each change, and more where databases differ. */
export function matrix(written: Written): string {
  const lines = [
    `| change | database | ${promises.map((promised) => headings[promised]).join(' | ')} |`,
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const { name, on } of changes) {
    const groups = new Map<string, string[]>();
    for (const [kind, called] of databases) {
      const line = cells(on[kind], written).join(' | ');
      groups.set(line, [...(groups.get(line) ?? []), called]);
    }
    for (const [line, called] of groups) lines.push(`| ${name} | ${groups.size === 1 ? 'all' : called.join(', ')} | ${line} |`);
  }
  return lines.join('\n');
}

/** The document with the tables as they are now, each between its marks. */
export function withMatrix(document: string): string {
  return (['json', 'avro'] as const).reduce((text, written) => {
    const [begin, end] = [`<!-- ddl ${written} -->`, `<!-- /ddl ${written} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`no ${begin} … ${end} in the document`);
    return `${text.slice(0, from + begin.length)}\n${matrix(written)}\n${text.slice(to)}`;
  }, document);
}
