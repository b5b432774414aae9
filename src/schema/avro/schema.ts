import type { ColumnFacts, ColumnType } from '../../model/column.ts';
import { constantDefault, exactDouble } from '../constant-default.ts';
import type { EventField } from '../event-model.ts';
import { namespaceOf, plainNames } from '../names.ts';

export type AvroType = string | AvroUnion | Readonly<Record<string, unknown>>;
type AvroUnion = readonly AvroType[];

/**
 * Of the key (`Key`) or of the value (`Value`) of a topic's events. A name that Avro does not take stands beside, as `column`. Of a key
 * nothing else is told: a comment that changed would give the schema another number, and with it every key other bytes.
 */
export function avroSchemaOf(topic: string, name: 'Key' | 'Value', fields: readonly EventField[]): AvroType {
  const names = plainNames(fields.map((field) => field.name));
  return {
    type: 'record',
    name,
    namespace: namespaceOf(topic),
    fields: fields.map((field, at) => {
      const called = names[at] === field.name ? {} : { column: field.name };
      if (name === 'Key') return { name: names[at], type: avroType(field.type, field.facts), ...called };
      return {
        name: names[at],
        ...(field.facts.doc === undefined ? {} : { doc: field.facts.doc }),
        ...(field.nullable
          ? { type: orNull(avroType(field.type, field.facts)), default: null }
          : { type: avroType(field.type, field.facts), ...withDefault(field) }),
        ...called,
        native: field.native,
        ...(field.facts.labels === undefined ? {} : { labels: field.facts.labels }),
      };
    }),
  };
}

function withDefault(field: EventField): { readonly default?: AvroDefault } {
  const byDefault = avroDefault(field);
  return byDefault === null ? {} : { default: byDefault };
}

type AvroDefault = boolean | number | string;

/** What a reader takes for a field that is never null where an event was written without it. null: it has nothing to take. */
export function avroDefault({ type, facts }: EventField): AvroDefault | null {
  const constant = constantDefault({ type, facts });
  if (constant === null) return null;
  if (constant.kind === 'boolean') return constant.value;
  const written = avroType(type, facts);
  // Of a union it has to be of the first type.
  const first = Array.isArray(written) ? (written[0] as AvroType) : written;
  if (constant.kind === 'text') return first === 'string' ? constant.text : null;
  const { digits } = constant;
  switch (first) {
    case 'string':
      return digits;
    case 'int':
    case 'long':
      return /^-?\d+$/.test(digits) ? exactDouble(digits) : null;
    case 'float':
    case 'double':
      return exactDouble(digits);
    default:
      return type.kind === 'decimal' ? decimalDefault(digits, facts) : null;
  }
}

/** The unscaled number's bytes, each as the character of its number: as Avro writes bytes in JSON. */
function decimalDefault(digits: string, facts: ColumnFacts): string | null {
  const { scale } = decimalType(facts) as { readonly scale: number };
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(digits) ?? [];
  if (whole === '' || fraction.length > scale) return null;
  const unscaled = BigInt(`${sign}${whole}${fraction.padEnd(scale, '0')}`);
  let bytes = 1;
  while (BigInt.asIntN(bytes * 8, unscaled) !== unscaled) bytes += 1;
  return Buffer.from(
    BigInt.asUintN(bytes * 8, unscaled)
      .toString(16)
      .padStart(bytes * 2, '0'),
    'hex',
  ).toString('latin1');
}

function orNull(type: AvroType): AvroUnion {
  return Array.isArray(type) ? ['null', ...(type as AvroUnion).filter((one) => one !== 'null')] : ['null', type];
}

const logical = (type: string, logicalType: string, more: object = {}): AvroType => ({ type, logicalType, ...more });

/**
 * A logical type where Avro has one that holds every regular value exactly, else text. A value that is not regular
 * (infinity, a zero date, a decimal's NaN) has no place in a logical type.
 */
export function avroType(type: ColumnType, facts: ColumnFacts): AvroType {
  switch (type.kind) {
    case 'boolean':
      return 'boolean';
    case 'integer':
      return integerType(facts);
    case 'decimal':
      return decimalType(facts);
    case 'float':
      return facts.bits === 32 ? 'float' : 'double';
    case 'text':
    case 'json':
    case 'interval':
      return 'string';
    case 'uuid':
      return logical('string', 'uuid');
    case 'bytes':
      return 'bytes';
    case 'date':
      return logical('int', 'date');
    case 'time':
      return facts.daytime === true ? logical('long', 'time-micros') : 'string';
    case 'timestamp':
      return logical('long', 'local-timestamp-micros');
    case 'timestamptz':
      return logical('long', 'timestamp-micros');
    case 'array':
      return { type: 'array', items: orNull(avroType(type.element, facts)) };
    case 'dynamic':
      return dynamicType(facts);
    default:
      return type satisfies never;
  }
}

function integerType({ bits = 64, unsigned }: ColumnFacts): AvroType {
  if (unsigned === true && bits === 64) return logical('bytes', 'decimal', { precision: 20, scale: 0 });
  return bits < 32 || (bits === 32 && unsigned !== true) ? 'int' : 'long';
}

function decimalType(facts: ColumnFacts): AvroType {
  const digits = decimalDigits(facts);
  return digits === null ? 'string' : logical('bytes', 'decimal', digits);
}

/** A scale that is neither negative nor larger than the precision, as PostgreSQL's may be; null: the database tells none. */
export function decimalDigits({ precision, scale = 0 }: ColumnFacts): { readonly precision: number; readonly scale: number } | null {
  if (precision === undefined) return null;
  const widened = scale < 0 ? precision - scale : Math.max(precision, scale);
  return { precision: widened, scale: Math.max(0, scale) };
}

function dynamicType({ stored }: ColumnFacts): AvroType {
  switch (stored) {
    case 'integer':
      return 'long';
    case 'real':
      return 'double';
    case 'text':
      return 'string';
    case 'blob':
      return 'bytes';
    case undefined:
      return ['long', 'double', 'string', 'bytes'];
    default:
      return stored satisfies never;
  }
}
