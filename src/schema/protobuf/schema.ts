import type { ColumnFacts, ColumnType } from '../../model/column.ts';
import type { EventField } from '../event-model.ts';
import { namespaceOf, plainNames } from '../names.ts';

const timestamp = 'google.protobuf.Timestamp';
/** Numbers that Protobuf keeps for itself. */
const reserved = { from: 19_000, to: 19_999 } as const;

/**
 * The text of a `.proto` file whose only message is `Key` or `Value`: key and value are registered apart, and a frame that says "the first
 * message" is right for both. Fields are numbered in the order of the columns, but where they have numbers of their own; see field-numbers.ts.
 */
export function protobufOf(
  topic: string,
  message: 'Key' | 'Value',
  fields: readonly EventField[],
  retired: readonly number[] = [],
): string {
  const { names, lists, dynamic } = namesOf(fields);
  // A key's schema changes with its bytes alone, and not with a comment.
  const told = message === 'Value' ? fields : fields.map(bare);
  const lines = told.flatMap((field, at) => fieldLines(field, { plain: names[at] as string, list: lists[at] as string, dynamic }, at));
  const own = fields.some(({ type, facts }) => protobufType(elementOf(type), facts) === 'Dynamic') ? dynamicMessage(dynamic) : [];
  const never = message === 'Value' && retired.length > 0 ? [`reserved ${retired.join(', ')};`] : [];
  const written = `message ${message} {\n${[...never, ...own, ...lines].map((line) => `  ${line}\n`).join('')}}\n`;
  const imports = written.includes(timestamp) ? '\nimport "google/protobuf/timestamp.proto";\n' : '';
  return `syntax = "proto3";\n\npackage ${namespaceOf(topic)};\n${imports}\n${written}`;
}

const bare = ({ number: _, facts: { doc: __, ...facts }, ...field }: EventField): EventField => ({ ...field, facts });

/** Fields and messages within a message have one set of names. */
function namesOf(fields: readonly EventField[]): {
  readonly names: readonly string[];
  readonly lists: readonly string[];
  readonly dynamic: string;
} {
  const names = plainNames(fields.map((field) => field.name));
  const [dynamic, ...lists] = plainNames([...names, 'Dynamic', ...names.map(listName)]).slice(names.length);
  return { names, lists, dynamic: dynamic as string };
}

/** A value of SQLite, as it is stored. */
const dynamicMessage = (name: string): readonly string[] => [
  `message ${name} {`,
  '  oneof value {',
  '    int64 integer = 1;',
  '    double real = 2;',
  '    string text = 3;',
  '    bytes blob = 4;',
  '  }',
  '}',
];

/** Of the field at a place that has none of its own. */
export const numberAt = (at: number): number => (at + 1 < reserved.from ? at + 1 : at + 1 + (reserved.to - reserved.from + 1));
/** Of a field, at a place. */
export const numberOf = ({ number }: { readonly number?: number | undefined }, at: number): number => number ?? numberAt(at);

/** The one after a number that Protobuf has not kept for itself. */
export const numberAfter = (number: number): number => (number + 1 < reserved.from || number >= reserved.to ? number + 1 : reserved.to + 1);
const camel = (plain: string): string => plain.replace(/_+([A-Za-z0-9])/g, (_, next: string) => next.toUpperCase());
const listName = (plain: string): string => `${camel(`_${plain}`).replace(/^_+/, '')}List`;

function fieldLines(
  field: EventField,
  { plain, list, dynamic }: { readonly plain: string; readonly list: string; readonly dynamic: string },
  at: number,
): readonly string[] {
  const { name, type, nullable, facts } = field;
  const doc = facts.doc === undefined ? [] : facts.doc.split(/[\r\n]+/).map((line) => `// ${line}`);
  // Protobuf's own JSON would write updated_at as updatedAt.
  const renamed = camel(plain) === name ? '' : ` [json_name = ${JSON.stringify(name)}]`;
  const lines = type.kind === 'array' ? listMessage(list, type.element, facts) : [];
  const one = protobufType(type, facts);
  const written = type.kind === 'array' ? list : one === 'Dynamic' ? dynamic : one;
  return [...lines, ...doc, `${nullable ? 'optional ' : ''}${written} ${plain} = ${numberOf(field, at)}${renamed};`];
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

/** An array of arrays is one of its elements: the database declares no dimensions. */
export const elementOf = (type: ColumnType): ColumnType => (type.kind === 'array' ? elementOf(type.element) : type);

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
      return protobufType(elementOf(type), facts);
    case 'dynamic':
      return dynamicType(facts);
    default:
      return type satisfies never;
  }
}

const stores = { integer: 'int64', real: 'double', text: 'string', blob: 'bytes' } as const;
const dynamicType = ({ stored }: ColumnFacts): string => (stored === undefined ? 'Dynamic' : stores[stored]);
