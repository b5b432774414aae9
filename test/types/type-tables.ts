import { readFileSync } from 'node:fs';
import { cursorKind } from '../../src/engine/mode.ts';
import type { Column, ColumnFacts } from '../../src/model/column.ts';
import type { ConnectType } from '../../src/schema/connect/schema.ts';
import type { DescribedType } from './described.ts';
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

const widest = 160;

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

/** What a real server told of them, as the contract test keeps it. */
export const described: Readonly<Record<string, readonly DescribedType[]>> = {
  PostgreSQL: read('postgres'),
  'MySQL and MariaDB': read('mysql'),
  SQLite: read('sqlite'),
};

function read(kind: string): readonly DescribedType[] {
  const lines = readFileSync(new URL(`${kind}.schemas.jsonl`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as DescribedType);
}

const told = (facts: ColumnFacts): string =>
  Object.entries(facts)
    .map(([name, value]) => (value === true ? name : `${name} ${typeof value === 'number' ? value : code(JSON.stringify(value))}`))
    .join(', ');

const written = (value: unknown): string => code(typeof value === 'string' ? value : JSON.stringify(value));

/** `int64`, or with what it means: `int64 io.debezium.time.MicroTimestamp`. */
function connectText({ type, name, parameters, items, fields }: ConnectType): string {
  const short = name?.replace('org.apache.kafka.connect.data.', '');
  const told = parameters === undefined ? '' : `(${Object.values(parameters).reverse().join(',')})`;
  const within = items === undefined ? '' : ` of ${connectText(items)}`;
  const struct = fields === undefined ? '' : ` of ${fields.map((field) => `${field.field} ${field.type}`).join(', ')}`;
  return `${type}${short === undefined ? '' : ` ${short}${told}`}${within}${struct}`;
}

const schemaHeading = ['| column | its facts | JSON Schema | Avro | Protobuf | Connect |', '| --- | --- | --- | --- | --- | --- |'];

const schemaRow = ({ type, facts, jsonSchema, avro, protobuf, connect }: DescribedType): string =>
  `| ${code(type === '' ? 'none' : type)} | ${told(facts)} | ${written(jsonSchema)} | ${written(avro)} | ${written(protobuf)} | ${written(connectText(connect))} |`;

/** Types of which every document says the same: one row for all of them. */
function alike(types: readonly DescribedType[]): readonly string[] {
  const groups = new Map<string, DescribedType[]>();
  for (const one of types) {
    const { type: _, native: __, ...same } = one;
    const name = JSON.stringify(same);
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups.values()].map(([first, ...rest]) => {
    const names = rest.map(({ type }) => `, ${code(type === '' ? 'none' : type)}`).join('');
    return schemaRow(first as DescribedType).replace(/^(\| .+?) \| /, (_, name: string) => `${name}${names} | `);
  });
}

function block(kind: string, name: string): readonly string[] {
  if (kind === 'types') return [...heading, ...(tables[name] ?? []).map(row)];
  return [...schemaHeading, ...alike(described[name] ?? [])];
}

/** The document with each of its tables written anew. */
export function withTables(document: string): string {
  return document.replace(/<!-- (types|schemas) (.+?) -->\n[\s\S]*?<!-- \/\1 -->/g, (_, kind: string, name: string) =>
    [`<!-- ${kind} ${name} -->`, ...block(kind, name), `<!-- /${kind} -->`].join('\n'),
  );
}
