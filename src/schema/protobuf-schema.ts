import type { ColumnFacts, ColumnType } from '../model/column.ts';
import type { EventField, EventModel } from './event-model.ts';
import { namespaceOf, plainNames } from './names.ts';

const timestamp = 'google.protobuf.Timestamp';
/** Numbers that Protobuf keeps for itself. */
const reserved = { from: 19_000, to: 19_999 } as const;

/** The text of a `.proto` file with the messages `Key`, if events have a key, and `Value`. Fields are numbered in the order of the columns. */
export function protobufOf({ name, fields, key }: EventModel): string {
  const messages = [...(key.length === 0 ? [] : [message('Key', key)]), message('Value', fields)].join('\n');
  const imports = messages.includes(timestamp) ? '\nimport "google/protobuf/timestamp.proto";\n' : '';
  const dynamic = / Dynamic /.test(messages) ? `\n${dynamicMessage}` : '';
  return `syntax = "proto3";\n\npackage ${namespaceOf(name)};\n${imports}\n${messages}${dynamic}`;
}

/** A value of SQLite, as it is stored. */
const dynamicMessage = `message Dynamic {
  oneof value {
    int64 integer = 1;
    double real = 2;
    string text = 3;
    bytes blob = 4;
  }
}
`;

function message(name: string, fields: readonly EventField[]): string {
  const names = plainNames(fields.map((field) => field.name));
  // Fields and messages within a message have one set of names.
  const lists = plainNames([...names, ...names.map(listName)]).slice(names.length);
  const lines = fields.flatMap((field, at) => fieldLines(field, names[at] as string, lists[at] as string, numberOf(at)));
  return `message ${name} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

const numberOf = (at: number): number => (at + 1 < reserved.from ? at + 1 : at + 1 + (reserved.to - reserved.from + 1));
const camel = (plain: string): string => plain.replace(/_+([A-Za-z0-9])/g, (_, next: string) => next.toUpperCase());
const listName = (plain: string): string => `${camel(`_${plain}`).replace(/^_+/, '')}List`;

function fieldLines({ name, type, nullable, facts }: EventField, plain: string, list: string, number: number): readonly string[] {
  const doc = facts.doc === undefined ? [] : facts.doc.split(/[\r\n]+/).map((line) => `// ${line}`);
  // Protobuf's own JSON would write updated_at as updatedAt.
  const renamed = camel(plain) === name ? '' : ` [json_name = ${JSON.stringify(name)}]`;
  const lines = type.kind === 'array' ? listMessage(list, type.element, facts) : [];
  const written = type.kind === 'array' ? list : protobufType(type, facts);
  return [...lines, ...doc, `${nullable ? 'optional ' : ''}${written} ${plain} = ${number}${renamed};`];
}

/** A repeated field can be neither NULL nor hold NULL; a message can. */
const listMessage = (name: string, element: ColumnType, facts: ColumnFacts): readonly string[] => [
  `message ${name} {`,
  '  message Item {',
  `    optional ${protobufType(element, facts)} value = 1;`,
  '  }',
  '  repeated Item items = 1;',
  '}',
];

/** The type of one value; a decimal, and a time that no message of Protobuf's own says exactly, are text. */
export function protobufType(type: ColumnType, facts: ColumnFacts): string {
  switch (type.kind) {
    case 'boolean':
      return 'bool';
    case 'integer':
      return `${facts.unsigned === true ? 'u' : ''}int${(facts.bits ?? 64) <= 32 ? 32 : 64}`;
    case 'float':
      return facts.bits === 32 ? 'float' : 'double';
    case 'bytes':
      return 'bytes';
    case 'timestamptz':
      return timestamp;
    case 'decimal':
    case 'text':
    case 'uuid':
    case 'json':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'interval':
      return 'string';
    case 'array':
      // An array of arrays is one of its elements: the database declares no dimensions.
      return protobufType(type.element, facts);
    case 'dynamic':
      return dynamicType(facts);
    default:
      return type satisfies never;
  }
}

const stores = { integer: 'int64', real: 'double', text: 'string', blob: 'bytes' } as const;
const dynamicType = ({ stored }: ColumnFacts): string => (stored === undefined ? 'Dynamic' : stores[stored]);
