import type { ColumnFacts, ColumnType } from '../../model/column.ts';
import { constantDefault, exactDouble } from '../constant-default.ts';
import type { EventField } from '../event-model.ts';

/** A JSON Schema, draft 7: registries check no later one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const draft = 'http://json-schema.org/draft-07/schema#';

/** What ISO 8601 cannot say: infinity, years before 1 and past 9999, MySQL's dates with a zero in them. */
const beyondIso = { type: 'string', pattern: '^-?infinity$| BC$|^\\d{5,}-|^0000|-00' };
const notFinite = { enum: ['NaN', 'Infinity', '-Infinity'] };

/**
 * Of the key or of the value of a stream's events in JSON. Every event of this schema has every field. What a reader need not find are
 * fields that can be null, or have a default that is the same for every row: so may one be added, or dropped. More fields may be there.
 */
export function jsonSchemaOf(title: string, fields: readonly EventField[]): JsonSchema {
  return {
    $schema: draft,
    title,
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, property(field)])),
    required: fields.filter((field) => !field.nullable && jsonDefault(field) === null).map(({ name }) => name),
  };
}

/** What a reader takes for a field that is never null where an event was written without it. null: it has nothing to take. */
export function jsonDefault({ type, facts }: EventField): boolean | number | string | null {
  const constant = constantDefault({ type, facts });
  if (constant === null) return null;
  if (constant.kind === 'boolean') return constant.value;
  return constant.kind === 'text' ? constant.text : exactDouble(constant.digits);
}

/** Of a key only what its bytes are: a comment that changed would give the schema another number, and with it every key other bytes. */
export function jsonKeySchemaOf(title: string, key: readonly EventField[]): JsonSchema {
  const properties = Object.fromEntries(key.map(({ name, type, facts }) => [name, valueSchema(type, facts)]));
  return { $schema: draft, title, type: 'object', properties, required: key.map(({ name }) => name) };
}

function property(field: EventField): JsonSchema {
  const { type, native, nullable, facts } = field;
  const { doc, labels } = facts;
  const description = [doc, labels === undefined ? undefined : `One of: ${labels.join(', ')}.`]
    .filter((part) => part !== undefined)
    .join(' ');
  const schema = valueSchema(type, facts);
  const byDefault = nullable ? null : jsonDefault(field);
  return {
    ...(description === '' ? {} : { description }),
    ...(nullable ? orNull(schema) : schema),
    ...(byDefault === null ? {} : { default: byDefault }),
    'x-native': native,
  };
}

function orNull(schema: JsonSchema): JsonSchema {
  const { type, anyOf } = schema;
  if (typeof type === 'string') return { ...schema, type: [type, 'null'] };
  if (Array.isArray(anyOf)) return { ...schema, anyOf: [...(anyOf as readonly JsonSchema[]), { type: 'null' }] };
  // Any JSON may stand there, null with it.
  return schema;
}

/** A value as json-value.ts writes it. */
export function valueSchema(type: ColumnType, facts: ColumnFacts): JsonSchema {
  switch (type.kind) {
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      return { type: 'integer', ...limits(facts) };
    case 'decimal':
    case 'float':
      return { anyOf: [{ type: 'number' }, notFinite] };
    case 'text':
      return { type: 'string', ...(facts.length === undefined ? {} : { maxLength: facts.length }) };
    case 'uuid':
      return { type: 'string', format: 'uuid' };
    case 'json':
      return {};
    case 'bytes':
      return { type: 'string', contentEncoding: 'base64' };
    case 'date':
      return { anyOf: [{ type: 'string', format: 'date' }, beyondIso] };
    case 'timestamptz':
      return { anyOf: [{ type: 'string', format: 'date-time' }, beyondIso] };
    // JSON Schema's formats of a time want a zone.
    case 'time':
    case 'timestamp':
    case 'interval':
      return { type: 'string' };
    case 'array':
      // An array of any column may have more dimensions than were declared.
      return { type: 'array', items: { anyOf: [valueSchema(type.element, facts), { type: 'null' }, { type: 'array' }] } };
    case 'dynamic':
      return dynamicType(facts);
    default:
      return type satisfies never;
  }
}

/** The ends of a number that every reader can hold; those of 64 bits are past what a double keeps. */
function limits({ bits, unsigned }: ColumnFacts): JsonSchema {
  if (bits === undefined || bits > 32) return unsigned === true ? { minimum: 0 } : {};
  if (unsigned === true) return { minimum: 0, maximum: 2 ** bits - 1 };
  return { minimum: -(2 ** (bits - 1)), maximum: 2 ** (bits - 1) - 1 };
}

function dynamicType({ stored }: ColumnFacts): JsonSchema {
  switch (stored) {
    case 'integer':
      return { type: 'integer' };
    case 'real':
      return { anyOf: [{ type: 'number' }, notFinite] };
    case 'text':
      return { type: 'string' };
    case 'blob':
      return { type: 'string', contentEncoding: 'base64' };
    case undefined:
      return { anyOf: [{ type: 'number' }, { type: 'string' }] };
    default:
      return stored satisfies never;
  }
}
