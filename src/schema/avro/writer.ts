import { putZigZag } from '../../kit/varint.ts';
import type { ColumnFacts, ColumnType } from '../../model/column.ts';
import { CalendarReader } from '../binary/calendar.ts';
import { listItems } from '../binary/list-items.ts';
import type { BinaryField, BinaryWriter } from '../binary/object.ts';
import { stored } from '../binary/staged-value.ts';
import { Unscaled } from '../binary/unscaled.ts';
import { Int64, smallWhole } from '../binary/varint.ts';
import { copyBytes, double, float, isTrue } from '../binary/writers.ts';
import type { EventField } from '../event-model.ts';
import { type AvroType, avroType } from './schema.ts';

/** The second branch of ["null", T]. */
const present = Buffer.of(2);
const absent = Buffer.of(0);
const nothing = Buffer.alloc(0);

/** As avro-schema.ts says. `columns`: the names behind the values of a row, in order. */
export const avroFields = (fields: readonly EventField[], columns: readonly string[]): readonly BinaryField[] =>
  fields.map(({ column, type, facts, nullable }) => {
    // A union of its own, which NULL is one branch of.
    const union = isUnion(type, facts);
    return {
      column,
      at: columns.indexOf(column),
      kind: `${type.kind} of Avro`,
      lead: nullable && !union ? present : nothing,
      none: nullable ? absent : null,
      text: isText(type),
      dynamic: union,
      stamp: false,
      swells: type.kind === 'array',
      write: union ? dynamicWriter(nullable ? 1 : 0) : avroWriter(type, facts),
    };
  });

const isUnion = (type: ColumnType, { stored: known }: ColumnFacts): boolean => type.kind === 'dynamic' && known === undefined;
const isText = ({ kind }: ColumnType): boolean => kind === 'text' || kind === 'json' || kind === 'interval';

/** Text and bytes: their length, then they themselves. */
const sized: BinaryWriter = (from, start, end, into, at) => copyBytes(from, start, end, into, putZigZag(end - start, into, at));

const boolean: BinaryWriter = (from, start, _end, into, at) => {
  into[at] = isTrue(from, start) ? 1 : 0;
  return at + 1;
};

/** Both `int` and `long`. */
function longWriter(): BinaryWriter {
  const wide = new Int64();
  return (from, start, end, into, at) => {
    const small = smallWhole(from, start, end);
    if (!Number.isNaN(small)) return putZigZag(small, into, at);
    return wide.read(from, start, end) && wide.isSigned ? wide.putZigZag(into, at) : -1;
  };
}

function decimalWriter(type: AvroType): BinaryWriter {
  const { precision, scale } = type as { readonly precision: number; readonly scale: number };
  const unscaled = new Unscaled(scale, precision);
  return (from, start, end, into, at) => (unscaled.read(from, start, end) ? unscaled.put(into, putZigZag(unscaled.size, into, at)) : -1);
}

/** Seconds up to which microseconds are whole numbers in a double. */
const safeSeconds = 4_000_000_000;

function microsWriter(zoned: boolean): BinaryWriter {
  const calendar = new CalendarReader();
  const wide = new Int64();
  return (from, start, end, into, at) => {
    if (!calendar.stamp(from, start, end, zoned)) return -1;
    const { seconds, micros } = calendar;
    if (seconds < safeSeconds && seconds > -safeSeconds) return putZigZag(seconds * 1_000_000 + micros, into, at);
    return wide.time(seconds, micros) ? wide.putZigZag(into, at) : -1;
  };
}

function timeWriter(): BinaryWriter {
  const calendar = new CalendarReader();
  return (from, start, end, into, at) =>
    calendar.time(from, start, end) && calendar.seconds < 86_400 ? putZigZag(calendar.seconds * 1_000_000 + calendar.micros, into, at) : -1;
}

function dateWriter(): BinaryWriter {
  const calendar = new CalendarReader();
  return (from, start, end, into, at) => (calendar.date(from, start, end) ? putZigZag(calendar.days, into, at) : -1);
}

/** One block with all items, and an empty one behind it. */
function arrayWriter(type: ColumnType & { readonly kind: 'array' }, facts: ColumnFacts): BinaryWriter {
  const write = avroWriter(type.element, facts);
  const items = listItems(type.element);
  return (from, start, end, into, at) => {
    const found = items(from, start, end);
    if (found === null) return -1;
    let next = found.length === 0 ? at : putZigZag(found.length, into, at);
    for (const item of found) {
      into[next++] = item === null ? 0 : 2;
      if (item !== null) next = write(item, 0, item.length, into, next);
      if (next < 0) return -1;
    }
    into[next] = 0;
    return next + 1;
  };
}

/** A branch of the union of long, double, string and bytes; `first`: branches before them. */
function dynamicWriter(first: number): BinaryWriter {
  const long = longWriter();
  const branches = new Map<number, readonly [number, BinaryWriter]>([
    [stored.integer, [first, long]],
    [stored.real, [first + 1, double]],
    [stored.text, [first + 2, sized]],
    [stored.blob, [first + 3, sized]],
  ]);
  return (from, start, end, into, at) => {
    const branch = branches.get(from[start] as number);
    if (branch === undefined) return -1;
    return branch[1](from, start + 1, end, into, putZigZag(branch[0], into, at));
  };
}

/** Of a value that is not NULL. */
function avroWriter(type: ColumnType, facts: ColumnFacts): BinaryWriter {
  if (type.kind === 'array') return arrayWriter(type, facts);
  const avro = avroType(type, facts);
  const name = typeof avro === 'string' ? avro : (avro as { readonly logicalType?: string }).logicalType;
  switch (name) {
    case 'boolean':
      return boolean;
    case 'int':
    case 'long':
      return longWriter();
    case 'float':
      return float;
    case 'double':
      return double;
    case 'decimal':
      return decimalWriter(avro);
    case 'date':
      return dateWriter();
    case 'time-micros':
      return timeWriter();
    case 'local-timestamp-micros':
      return microsWriter(false);
    case 'timestamp-micros':
      return microsWriter(true);
    default:
      return sized;
  }
}
