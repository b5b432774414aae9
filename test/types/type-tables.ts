import { cursorKind } from '../../src/engine/mode.ts';
import type { Column } from '../../src/model/column.ts';
import { mariadbCases } from './mariadb.ts';
import { postgresCases } from './postgres.ts';
import { sqliteCases } from './sqlite.ts';
import type { TypeCase } from './type-case.ts';

/** The tables of docs/types.md, each of the cases that a contract test reads. */
export const tables: Readonly<Record<string, readonly TypeCase[]>> = {
  PostgreSQL: postgresCases,
  'MySQL and MariaDB': mariadbCases,
  SQLite: sqliteCases,
};

const widest = 90;

/** Code in a cell of a table; what is too long is cut. */
function code(text: string): string {
  const short = text.length > widest ? `${text.slice(0, widest)}…` : text;
  const ticks = short.includes('`') ? '``' : '`';
  const pad = short === '' || short.startsWith('`') || short.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${short.replaceAll('|', '\\|').replaceAll('\n', '\\n')}${pad}${ticks}`;
}

const cursors: Readonly<Record<ReturnType<typeof cursorKind>, string>> = {
  temporal: 'timestamp modes',
  integer: 'incrementing',
  unsaid: 'any',
  other: '`mode: incrementing`',
};

function row(one: TypeCase): string {
  const column: Column = { name: 'c', type: { kind: one.kind } as Column['type'], native: one.type, nullable: true };
  const samples = one.samples.map(([sql, json]) => `${code(sql)} → ${code(json)}`).join('<br>');
  const order = one.ordered === false ? '' : cursors[cursorKind(column)];
  const made = one.made === undefined ? '' : `, ${one.made}`;
  return `| ${code(one.type === '' ? 'none' : one.type)}${made} | ${one.kind} | ${samples} | ${one.ordered === false ? '' : 'yes'} | ${order} |`;
}

const heading = ['| column | kind | value in SQL → in the event | key | cursor |', '| --- | --- | --- | --- | --- |'];

/** The document with each of its tables written anew. */
export function withTables(document: string): string {
  return document.replace(/<!-- types (.+?) -->\n[\s\S]*?<!-- \/types -->/g, (_, name: string) => {
    const rows = (tables[name] ?? []).map(row);
    return [`<!-- types ${name} -->`, ...heading, ...rows, '<!-- /types -->'].join('\n');
  });
}
