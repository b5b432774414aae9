import type { ColumnFacts, ColumnType } from '../../model/column.ts';
import { decimalDigits } from '../avro/schema.ts';
import type { EventField } from '../event-model.ts';
import { namespaceOf } from '../names.ts';

/** A schema as Kafka Connect's JsonConverter writes it. */
export interface ConnectType {
  readonly type: 'boolean' | 'int8' | 'int16' | 'int32' | 'int64' | 'float' | 'double' | 'string' | 'bytes' | 'array' | 'struct';
  /** What the value means, beyond its type. */
  readonly name?: string;
  readonly version?: number;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly items?: ConnectType & { readonly optional: boolean };
  readonly fields?: readonly ConnectField[];
}

type ConnectField = ConnectType & { readonly field: string; readonly optional: boolean; readonly doc?: string };

/** What stands as `schema` before the key or the value of a topic's events. */
export const connectSchemaOf = (
  topic: string,
  name: 'Key' | 'Value',
  fields: readonly EventField[],
): ConnectType & { readonly optional: false } => ({
  type: 'struct',
  fields: fields.map((field) => ({
    ...connectType(field.type, field.facts),
    optional: field.nullable,
    // A key's schema is part of its bytes, which no comment may change.
    ...(field.facts.doc === undefined || name === 'Key' ? {} : { doc: field.facts.doc }),
    field: field.name,
  })),
  optional: false,
  name: `${namespaceOf(topic)}.${name}`,
});

const logical = (type: ConnectType['type'], name: string, parameters?: ConnectType['parameters']): ConnectType => ({
  type,
  name,
  version: 1,
  ...(parameters === undefined ? {} : { parameters }),
});

const decimal = (scale: number, precision: number): ConnectType =>
  logical('bytes', 'org.apache.kafka.connect.data.Decimal', { scale: String(scale), 'connect.decimal.precision': String(precision) });

/** The most digits of a second that Connect's own times have. */
const millis = 3;
const inMillis = ({ scale }: ColumnFacts): boolean => scale !== undefined && scale <= millis;

/**
 * Connect's own type where it holds every regular value exactly, else the one that Debezium's connectors use for it, which its converters
 * and sinks know. A number without a declared scale is text: VariableScaleDecimal, which few sinks read, has no NaN either.
 */
export function connectType(type: ColumnType, facts: ColumnFacts): ConnectType {
  switch (type.kind) {
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      return integerType(facts);
    case 'decimal': {
      const digits = decimalDigits(facts);
      return digits === null ? { type: 'string' } : decimal(digits.scale, digits.precision);
    }
    case 'float':
      return { type: facts.bits === 32 ? 'float' : 'double' };
    case 'text':
      return { type: 'string' };
    case 'json':
      return logical('string', 'io.debezium.data.Json');
    case 'uuid':
      return logical('string', 'io.debezium.data.Uuid');
    case 'interval':
      return logical('string', 'io.debezium.time.Interval');
    case 'bytes':
      return { type: 'bytes' };
    case 'date':
      return logical('int32', 'org.apache.kafka.connect.data.Date');
    case 'time':
      if (facts.daytime !== true) return { type: 'string' };
      return inMillis(facts) ? logical('int32', 'org.apache.kafka.connect.data.Time') : logical('int64', 'io.debezium.time.MicroTime');
    case 'timestamp':
      return inMillis(facts)
        ? logical('int64', 'org.apache.kafka.connect.data.Timestamp')
        : logical('int64', 'io.debezium.time.MicroTimestamp');
    case 'timestamptz':
      return inMillis(facts)
        ? logical('int64', 'org.apache.kafka.connect.data.Timestamp')
        : logical('string', 'io.debezium.time.ZonedTimestamp');
    case 'array':
      return { type: 'array', items: { ...connectType(type.element, facts), optional: true } };
    case 'dynamic':
      return dynamicType(facts);
    default:
      return type satisfies never;
  }
}

function integerType({ bits = 64, unsigned }: ColumnFacts): ConnectType {
  if (unsigned === true && bits === 64) return decimal(0, 20);
  const signed = unsigned === true ? bits + 1 : bits;
  if (signed <= 8) return { type: 'int8' };
  if (signed <= 16) return { type: 'int16' };
  return { type: signed <= 32 ? 'int32' : 'int64' };
}

const stores = { integer: 'int64', real: 'double', text: 'string', blob: 'bytes' } as const;

/** A value of SQLite, as it is stored: one of the fields. Connect has no unions. */
function dynamicType({ stored }: ColumnFacts): ConnectType {
  if (stored !== undefined) return { type: stores[stored] };
  return {
    type: 'struct',
    name: 'liberate.Dynamic',
    fields: Object.entries(stores).map(([field, type]) => ({ type, optional: true, field })),
  };
}
