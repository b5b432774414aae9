import type { Direction } from '../../src/schema/compatibility/compatibility.ts';
import type { Judged } from './judge.ts';

/** Where the registry that is tested and our rules differ on a change of test/schema/changes.ts. */
export interface Apart {
  readonly format: Judged;
  readonly stricter: 'ours' | 'registry';
  readonly why: string;
  readonly of: readonly (readonly [change: string, direction: Direction])[];
}

type Changes = Apart['of'];
const backward = (...of: readonly string[]): Changes => of.map((change) => [change, 'backward']);
const forward = (...of: readonly string[]): Changes => of.map((change) => [change, 'forward']);
/** `integer becomes text`, and the other way round: who reads the second as the first. */
const readAs = (to: string, from: string): Changes => [
  [`${from} becomes ${to}`, 'backward'],
  [`${to} becomes ${from}`, 'forward'],
];
const either = (one: string, other: string): Changes => [...readAs(one, other), ...readAs(other, one)];

const added = ['added, may be NULL', 'added, NOT NULL DEFAULT 0', "added, NOT NULL DEFAULT 'new'"] as const;
const dropped = ['dropped, could be NULL', 'dropped, NOT NULL DEFAULT 0'] as const;
const [ours, registry] = ['ours', 'registry'] as const;

export const apart: readonly Apart[] = [
  {
    format: 'avro',
    stricter: ours,
    why: 'Avro reads a long as a double, which rounds it',
    of: readAs('double precision', 'bigint'),
  },
  {
    format: 'avro',
    stricter: ours,
    why: 'Apicurio looks at no logical type: a decimal of another precision or scale, an instant, a date or a UUID is read as something else',
    of: [
      ...readAs('numeric(12,2)', 'numeric(14,2)'),
      ...either('numeric(12,2)', 'numeric(14,4)'),
      ...readAs('uuid', 'text'),
      ...either('timestamp', 'timestamptz'),
      ...readAs('timestamp', 'date'),
    ],
  },
  {
    format: 'avro',
    stricter: ours,
    why: 'Avro takes bytes for a text, and any text for JSON',
    of: [...either('numeric(12,2)', 'numeric'), ...readAs('text', 'bytea'), ...readAs('jsonb', 'text')],
  },
  {
    format: 'json-schema',
    stricter: ours,
    why: 'JSON Schema has one kind of number: that a reader of `real` or `double precision` rounds is not in it',
    of: [...readAs('real', 'double precision'), ...readAs('double precision', 'bigint')],
  },
  {
    format: 'json-schema',
    stricter: ours,
    why: 'Apicurio looks at neither `format` nor `contentEncoding`: any text is read as a UUID or as base64, and base64 as a text',
    of: [...readAs('uuid', 'text'), ...either('text', 'bytea')],
  },
  {
    format: 'json-schema',
    stricter: registry,
    why: 'events of before might have had that property all along, with anything in it, where a schema lets others be there; ours never have',
    of: [...backward(...added), ...forward(...dropped), ...backward('renamed, may be NULL'), ...forward('renamed, may be NULL')],
  },
  {
    format: 'protobuf',
    stricter: ours,
    why: 'a field that is not there reads as 0 or as an empty text, which is not what such a column holds',
    of: backward("added, NOT NULL DEFAULT 'new'", 'added, NOT NULL'),
  },
  {
    format: 'protobuf',
    stricter: ours,
    why: 'to Protobuf they are texts: which text is a UUID, JSON, a date is not in it',
    of: [...readAs('uuid', 'text'), ...readAs('jsonb', 'text'), ...either('date', 'timestamp')],
  },
  {
    format: 'protobuf',
    stricter: registry,
    why: 'Apicurio takes no field away whose number and name are not both reserved, and to readers of the schema before a new field is one that goes; Confluent lets fields come and go',
    of: [
      ...forward(...added, 'added, NOT NULL'),
      ...backward(...dropped, 'dropped, NOT NULL', 'renamed, may be NULL'),
      ...forward(...dropped, 'renamed, may be NULL'),
    ],
  },
  {
    format: 'protobuf',
    stricter: registry,
    why: 'Apicurio takes no other type or label for a field; Protobuf reads 32 bits as 64, a text as bytes, and a field that is always there as one that may be',
    of: [
      ...backward('NOT NULL is dropped'),
      ...forward('NOT NULL is added'),
      ...readAs('bigint', 'integer'),
      ...readAs('bigint', 'int unsigned'),
      ...readAs('bytea', 'text'),
    ],
  },
];

export const isApart = (format: Judged, change: string, direction: Direction): boolean =>
  apart.some((one) => one.format === format && one.of.some(([of, to]) => of === change && to === direction));

const plain = (text: string): string => text.replaceAll('|', '\\|');

function table(): string {
  const lines = apart.map(({ format, stricter, why, of }) => {
    const places = new Map<string, Direction[]>();
    for (const [change, direction] of of) places.set(change, [...(places.get(change) ?? []), direction]);
    const told = [...places].map(([change, directions]) => `${change} (${directions.join(', ')})`).join('; ');
    return `| \`${format}\` | ${stricter === 'ours' ? 'liberate' : 'Apicurio'} | ${plain(told)} | ${plain(why)} |`;
  });
  return ['| format | who refuses it alone | what (for whom) | why |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

/** The document with the table of where the two differ, as it is now. */
export const withApart = (document: string): string =>
  document.replace(/(<!-- apart -->\n)[\s\S]*?(\n<!-- \/apart -->)/, (_, before: string, after: string) => `${before}${table()}${after}`);
