import type { ColumnFacts, ColumnType } from '../../model/column.ts';
import type { Form } from '../../model/packed-rows.ts';
import { CalendarReader } from '../binary/calendar.ts';
import { Unscaled } from '../binary/unscaled.ts';
import { type PackedJson, packedJson } from '../json/bytes.ts';
import { putBase64, putWhole } from './digits.ts';
import { connectType } from './schema.ts';

/**
 * A field of Connect's JSON, of the server's bytes; null: by way of the value. What is not regular is left to the writers of value.ts,
 * which refuse it or not.
 */
export function packedConnect(type: ColumnType, facts: ColumnFacts, form: Form): PackedJson | null {
  const { type: connect, name, parameters } = connectType(type, facts);
  if (type.kind === 'array' || form === 'other') return null;
  switch (name) {
    case 'org.apache.kafka.connect.data.Decimal':
      return form === 'same'
        ? decimal(new Unscaled(Number(parameters?.['scale']), Number(parameters?.['connect.decimal.precision'])))
        : null;
    case 'org.apache.kafka.connect.data.Date':
      return days();
    case 'org.apache.kafka.connect.data.Time':
      return time(millis);
    case 'io.debezium.time.MicroTime':
      return time(micros);
    case 'org.apache.kafka.connect.data.Timestamp':
      return stamp(type.kind === 'timestamptz', millis);
    case 'io.debezium.time.MicroTimestamp':
      return stamp(false, micros);
    case 'io.debezium.time.ZonedTimestamp':
      return zoned(packedJson(type, form));
    case 'liberate.Dynamic':
      return null;
    default:
      return connect === 'bytes' ? null : packedJson(connect === 'string' ? { kind: 'text' } : type, form);
  }
}

/** Writes the time that a calendar has read: where writing goes on, or -1. */
type PutTime = (calendar: CalendarReader, into: Buffer, at: number) => number;

const millis: PutTime = ({ seconds, micros: fraction }, into, at) =>
  fraction % 1000 === 0 ? putWhole(seconds * 1000 + fraction / 1000, into, at) : -1;

/** Seconds up to which microseconds are whole numbers in a double. */
const safeSeconds = 4_000_000_000;

const micros: PutTime = ({ seconds, micros: fraction }, into, at) =>
  seconds < safeSeconds && seconds > -safeSeconds ? putWhole(seconds * 1_000_000 + fraction, into, at) : -1;

function days(): PackedJson {
  const calendar = new CalendarReader();
  return ({ bytes }, start, end, at) => (calendar.date(bytes, start, end) ? putWhole(calendar.days, bytes, at) : -1);
}

function time(put: PutTime): PackedJson {
  const calendar = new CalendarReader();
  return ({ bytes }, start, end, at) => (calendar.time(bytes, start, end) ? put(calendar, bytes, at) : -1);
}

function stamp(utc: boolean, put: PutTime): PackedJson {
  const calendar = new CalendarReader();
  return ({ bytes }, start, end, at) => (calendar.stamp(bytes, start, end, utc) ? put(calendar, bytes, at) : -1);
}

/** ISO 8601 has four digits for a year. */
function zoned(write: PackedJson | null): PackedJson | null {
  const calendar = new CalendarReader();
  if (write === null) return null;
  return (rows, start, end, at) =>
    rows.bytes[start + 4] === 0x2d && calendar.stamp(rows.bytes, start, end, true) ? write(rows, start, end, at) : -1;
}

function decimal(unscaled: Unscaled): PackedJson {
  let number = Buffer.alloc(32);
  return ({ bytes }, start, end, at) => {
    if (!unscaled.read(bytes, start, end)) return -1;
    // A scale may make it longer than its text, for which alone there is room.
    if (unscaled.size > (end - start) * 2) return -1;
    if (unscaled.size > number.length) number = Buffer.alloc(unscaled.size);
    unscaled.put(number, 0);
    bytes[at] = 0x22;
    const next = putBase64(number, unscaled.size, bytes, at + 1);
    bytes[next] = 0x22;
    return next + 1;
  };
}
