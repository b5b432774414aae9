import type { DatabaseKind } from '../support/database.ts';
import { type Change, type Impossible, type Matrixed, type Outcome, outcomeOf, promisesOf, type Written } from './change-case.ts';
import { changes } from './changes.ts';
import { farPromises, histories } from './histories.ts';

const databases: readonly (readonly [DatabaseKind, string])[] = [
  ['postgres', 'PostgreSQL'],
  ['mariadb', 'MySQL, MariaDB'],
  ['sqlite', 'SQLite'],
];

const headings: Readonly<Record<Matrixed, string>> = {
  none: '`none`',
  backward: '`backward`',
  forward: '`forward`',
  full: '`full`',
  newTopic: '`forward`, `newTopic`',
};

const told = (outcome: Outcome): string => (outcome.startsWith('schema ') ? 'next version' : outcome === 'v2' ? 'next topic' : outcome);

function cells(name: string, change: Change | Impossible, written: Written, all: readonly Matrixed[]): readonly string[] {
  return all.map((promised) => ('reason' in change ? '–' : told(outcomeOf(name, change, written, promised))));
}

/** The table of docs/schemas.md: a line each change, and more where databases differ; beside one that is whole, only what is not the same. */
export function matrix(written: Written, beside: Written = written): string {
  const all = promisesOf(written);
  const lines = [
    `| change | database | ${all.map((promised) => headings[promised]).join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(all.length)}`,
  ];
  for (const { name, on } of changes) {
    const cellsOf = (kind: DatabaseKind, own: Written): readonly string[] => cells(name, on[kind], own, all);
    const isOther = databases.some(([kind]) => cellsOf(kind, written).join() !== cellsOf(kind, beside).join());
    if (written === beside || isOther) lines.push(...grouped(name, (kind) => cellsOf(kind, written)));
  }
  return lines.join('\n');
}

/** A line each history, and more where databases differ. */
function farMatrix(): string {
  const lines = [
    `| changes | database | ${farPromises.map((promised) => `\`${promised}\``).join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(farPromises.length)}`,
  ];
  for (const { name, on } of histories) {
    lines.push(...grouped(name, (kind) => on[kind].outcomes.map(told)));
    const registered = (kind: DatabaseKind): readonly string[] => (on[kind].registered ?? on[kind].outcomes).map(told);
    if (databases.some(([kind]) => on[kind].registered !== undefined)) lines.push(...grouped(`${name}; with a registry`, registered));
  }
  return lines.join('\n');
}

/** What is the same on several databases stands in one line. */
function grouped(name: string, cellsOn: (kind: DatabaseKind) => readonly string[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const [kind, called] of databases) {
    const line = cellsOn(kind).join(' | ');
    groups.set(line, [...(groups.get(line) ?? []), called]);
  }
  return [...groups].map(([line, called]) => `| ${name} | ${groups.size === 1 ? 'all' : called.join(', ')} | ${line} |`);
}

/** The document with the tables as they are now, each between its marks. */
export function withMatrix(document: string): string {
  const tables: readonly (readonly [string, string])[] = [
    ['json', matrix('json')],
    ['avro', matrix('avro', 'json')],
    ['json-schema', matrix('json-schema', 'json')],
    ['protobuf', matrix('protobuf', 'avro')],
    ['far', farMatrix()],
  ];
  return tables.reduce((text, [name, table]) => {
    const [begin, end] = [`<!-- ddl ${name} -->`, `<!-- /ddl ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`no ${begin} … ${end} in the document`);
    return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
  }, document);
}
