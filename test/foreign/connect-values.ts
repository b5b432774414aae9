import type { ColumnType } from '../../src/model/column.ts';
import type { EventField } from '../../src/schema/event-model.ts';
import { clockOf, dynamic, isoOfDays, isoOfMicros, type Normal, real } from './normal.ts';

/** What Kafka Connect holds of an event, by ReadEvents.java, as other readers tell it. */
export function normalOfConnect(fields: readonly EventField[], found: unknown): Readonly<Record<string, Normal>> {
  const told = found as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    fields.map(({ name, type }) => {
      // Connect's Timestamp is an instant; of a column without a zone it is the local time as if in UTC.
      return [name, normalOf(told[name], innermost(type).kind === 'timestamptz' ? 'Z' : '')];
    }),
  );
}

const innermost = (type: ColumnType): ColumnType => (type.kind === 'array' ? innermost(type.element) : type);

function normalOf(value: unknown, zone: '' | 'Z'): Normal {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => normalOf(item, zone));
  const [[kind, held]] = Object.entries(value as object) as [[string, unknown]];
  if (kind === 'struct') {
    const [[field, inner]] = Object.entries(held as object).filter(([, one]) => one !== null) as [[string, object]];
    return stored(field, String(Object.values(inner)[0]));
  }
  const text = held as string;
  switch (kind) {
    case 'org.apache.kafka.connect.data.Date':
      return isoOfDays(Number(text) / 86_400_000);
    case 'org.apache.kafka.connect.data.Time':
      return clockOf(BigInt(text) * 1000n);
    case 'org.apache.kafka.connect.data.Timestamp':
      return isoOfMicros(BigInt(text) * 1000n, zone);
    case 'io.debezium.time.MicroTime':
      return clockOf(BigInt(text));
    case 'io.debezium.time.MicroTimestamp':
      return isoOfMicros(BigInt(text), '');
    case 'float32':
    case 'float64':
      return real(Number(text), kind === 'float32' ? 32 : 64);
    case 'string':
      return text.replace(/^(\d{4}-\d\d-\d\dT.*\.\d*?)0+Z$/, '$1Z').replace(/\.Z$/, 'Z');
    default:
      return text;
  }
}

function stored(field: string, text: string): string {
  switch (field) {
    case 'integer':
      return dynamic(BigInt(text));
    case 'real':
      return dynamic(Number(text));
    default:
      return dynamic(field === 'text' ? text : Buffer.from(text, 'hex'));
  }
}
