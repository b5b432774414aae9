import { Ajv, type ValidateFunction } from 'ajv';
import type { Value } from '../../src/model/value.ts';
import type { EventField } from '../../src/schema/event-model.ts';
import { membersOf } from './members.ts';
import { type Normal, normal } from './normal.ts';

/** What a reader is told of a string, which ajv leaves to others. */
const formats = {
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  'date-time': /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};

const keywords = ['x-native', 'x-labels'];

const ajv = new Ajv({ keywords, formats, strict: false, allErrors: true });
const compiled = new Map<string, ValidateFunction>();

/** Has ajv find the event behind the frame right by the schema that consumers are given, and reads its text number by number. */
export function readJsonSchema(document: string, fields: readonly EventField[], event: Buffer): Readonly<Record<string, Normal>> {
  const valid = compiled.get(document) ?? ajv.compile(JSON.parse(document) as object);
  compiled.set(document, valid);
  const json = event.subarray(5).toString();
  if (!valid(JSON.parse(json))) throw new Error(`${ajv.errorsText(valid.errors)}: ${json}`);
  const members = membersOf(json);
  return Object.fromEntries(
    fields.map((field) => {
      const text = members.get(field.name) as string;
      return [field.name, field.type.kind === 'dynamic' ? looseOf(text) : normal(field.type, canonicalOf(field, text), field.facts.bits)];
    }),
  );
}

/** The canonical value that stands in the JSON. */
function canonicalOf({ type }: EventField, json: string): Value {
  if (json === 'null') return null;
  switch (type.kind) {
    case 'json':
    case 'array':
      return json;
    case 'bytes':
      return Buffer.from(JSON.parse(json) as string, 'base64');
    case 'boolean':
      return json === 'true';
    default:
      return json.startsWith('"') ? (JSON.parse(json) as string) : json;
  }
}

/** Of SQLite's values: JSON tells text and numbers apart, but neither text from bytes nor whole numbers from others. */
const looseOf = (json: string): Normal =>
  json === 'null' ? null : json.startsWith('"') ? `text ${JSON.parse(json) as string}` : `number ${json}`;

/** What `looseOf` finds of a value. */
export function looselyTold(value: Value): Normal {
  if (value === null) return null;
  if (value instanceof Uint8Array) return `text ${Buffer.from(value).toString('base64')}`;
  return typeof value === 'string' || !Number.isFinite(Number(value)) ? `text ${value}` : `number ${value}`;
}
