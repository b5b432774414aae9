import type { ColumnType } from '../../src/model/column.ts';
import type { EventField } from '../../src/schema/event-model.ts';
import { jsonItems } from '../../src/schema/json/items.ts';
import { membersOf } from './members.ts';
import { bytes, clockOf, decimalOf, dynamic, isoOfDays, isoOfMicros, type Normal, real } from './normal.ts';

interface Schema {
  readonly type: string;
  readonly optional: boolean;
  readonly name?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly field?: string;
  readonly fields?: readonly Schema[];
  readonly items?: Schema;
}

/** Reads an event by the rules of Kafka Connect's JsonConverter and of the types' own documentation, from its text alone. */
export function readConnect(fields: readonly EventField[], event: Buffer): Readonly<Record<string, Normal>> {
  const parts = membersOf(event.toString());
  const schema = JSON.parse(parts.get('schema') as string) as Schema;
  const payload = membersOf(parts.get('payload') as string);
  return Object.fromEntries(
    (schema.fields ?? []).map((field, at) => {
      // Connect's Timestamp is an instant; of a column without a zone it is the local time as if in UTC.
      const zone = innermost(fields[at]?.type).kind === 'timestamptz' ? 'Z' : '';
      return [field.field as string, told(field, payload.get(field.field as string), zone)];
    }),
  );
}

const innermost = (type: ColumnType | undefined): ColumnType => (type?.kind === 'array' ? innermost(type.element) : (type as ColumnType));

function told(schema: Schema, json: string | undefined, zone: '' | 'Z'): Normal {
  if (json === undefined || json === 'null') {
    if (!schema.optional) throw new Error(`null for the field ${schema.field}, which is required`);
    return null;
  }
  switch (schema.name) {
    case 'org.apache.kafka.connect.data.Decimal':
      return decimalOf(base64(json), Number(schema.parameters?.['scale']));
    case 'org.apache.kafka.connect.data.Date':
      return isoOfDays(Number(whole(json, 32)));
    case 'org.apache.kafka.connect.data.Time':
      return clockOf(whole(json, 32) * 1000n);
    case 'org.apache.kafka.connect.data.Timestamp':
      return isoOfMicros(whole(json, 64) * 1000n, zone);
    case 'io.debezium.time.MicroTime':
      return clockOf(whole(json, 64));
    case 'io.debezium.time.MicroTimestamp':
      return isoOfMicros(whole(json, 64), '');
    case 'liberate.Dynamic': {
      const [field, held] = [...membersOf(json)].find(([, value]) => value !== 'null') as [string, string];
      return stored(field, held);
    }
    default:
      return plain(schema, json, zone);
  }
}

function plain({ type, items }: Schema, json: string, zone: '' | 'Z'): Normal {
  switch (type) {
    case 'boolean':
      return json;
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return String(whole(json, Number(type.slice(3))));
    case 'float':
    case 'double':
      return real(number(json), type === 'float' ? 32 : 64);
    case 'string':
      return (JSON.parse(json) as string).replace(/^(\d{4}-\d\d-\d\dT.*\.\d*?)0+Z$/, '$1Z').replace(/\.Z$/, 'Z');
    case 'bytes':
      return bytes(base64(json));
    case 'array':
      return (jsonItems(json) as readonly string[]).map((item) => told(items as Schema, item, zone));
    default:
      throw new Error(`no such type: ${type}`);
  }
}

function stored(field: string, json: string): string {
  switch (field) {
    case 'integer':
      return dynamic(whole(json, 64));
    case 'real':
      return dynamic(number(json));
    default:
      return dynamic(field === 'text' ? (JSON.parse(json) as string) : base64(json));
  }
}

const base64 = (json: string): Buffer => Buffer.from(JSON.parse(json) as string, 'base64');

function whole(json: string, bits: number): bigint {
  const value = BigInt(json);
  if (BigInt.asIntN(bits, value) !== value) throw new Error(`${json} is past ${bits} bits`);
  return value;
}

function number(json: string): number {
  if (json.startsWith('"')) throw new Error(`${json} is no number, and JsonConverter reads it as 0`);
  return Number(json);
}
