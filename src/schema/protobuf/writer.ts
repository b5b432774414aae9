import { putVarint } from '../../kit/varint.ts';
import type { ColumnFacts, ColumnType } from '../../model/column.ts';
import { CalendarReader } from '../binary/calendar.ts';
import { listItems } from '../binary/list-items.ts';
import type { BinaryField, BinaryWriter } from '../binary/object.ts';
import { stored } from '../binary/staged-value.ts';
import { Int64, smallWhole } from '../binary/varint.ts';
import { copyBytes, double, float, isTrue } from '../binary/writers.ts';
import type { EventField } from '../event-model.ts';
import { isStamp } from '../json/bytes.ts';
import { elementOf, numberOf, protobufType } from './schema.ts';

/** How long a value is, to those who do not know the field: a varint, eight bytes, a length before it, four bytes. */
const wire = { varint: 0, eight: 1, sized: 2, four: 5 } as const;
const nothing = Buffer.alloc(0);

/** As protobuf-schema.ts says. `columns`: the names behind the values of a row, in order. */
export const protobufFields = (fields: readonly EventField[], columns: readonly string[]): readonly BinaryField[] =>
  fields.map(({ column, type, facts, nullable, number }, at) => {
    const { write, as } = type.kind === 'array' ? { write: listWriter(type, facts), as: wire.sized } : writerOf(type, facts);
    return {
      column,
      at: columns.indexOf(column),
      kind: `${type.kind} of Protobuf`,
      lead: tag(numberOf({ number }, at), as),
      none: nullable ? nothing : null,
      text: type.kind !== 'bytes' && protobufType(type, facts) === 'string',
      dynamic: type.kind === 'dynamic' && facts.stored === undefined,
      stamp: type.kind === 'timestamp',
      swells: type.kind === 'array',
      write,
    };
  });

function tag(number: number, as: number): Buffer {
  const bytes = Buffer.alloc(5);
  return bytes.subarray(0, putVarint(number * 8 + as, bytes, 0));
}

/** Of a value that is neither NULL nor a list. */
function writerOf(type: ColumnType, facts: ColumnFacts): { readonly write: BinaryWriter; readonly as: number } {
  if (type.kind === 'timestamp') return { write: stampText, as: wire.sized };
  switch (protobufType(type, facts)) {
    case 'bool':
      return { write: bool, as: wire.varint };
    case 'int32':
    case 'int64':
      return { write: intWriter('isSigned'), as: wire.varint };
    case 'uint32':
    case 'uint64':
      return { write: intWriter('isUnsigned'), as: wire.varint };
    case 'float':
      return { write: float, as: wire.four };
    case 'double':
      return { write: double, as: wire.eight };
    case 'google.protobuf.Timestamp':
      return { write: timestampWriter(), as: wire.sized };
    case 'Dynamic':
      return { write: dynamicWriter(), as: wire.sized };
    default:
      return { write: sized, as: wire.sized };
  }
}

const sized: BinaryWriter = (from, start, end, into, at) => copyBytes(from, start, end, into, putVarint(end - start, into, at));

const stampText: BinaryWriter = (from, start, end, into, at) => {
  const next = sized(from, start, end, into, at);
  if (isStamp(from, start, end)) into[next - (end - start) + 10] = 0x54;
  return next;
};

const bool: BinaryWriter = (from, start, _end, into, at) => {
  into[at] = isTrue(from, start) ? 1 : 0;
  return at + 1;
};

function intWriter(fits: 'isSigned' | 'isUnsigned'): BinaryWriter {
  const wide = new Int64();
  return (from, start, end, into, at) => {
    const small = smallWhole(from, start, end);
    if (small >= 0) return putVarint(small, into, at);
    return wide.read(from, start, end) && wide[fits] ? wide.putVarint(into, at) : -1;
  };
}

/** A message whose length is known when it has been written; `write` says where it ends, or -1. */
function message(into: Buffer, at: number, write: (at: number) => number): number {
  const from = at + 5;
  const end = write(from);
  if (end < 0) return -1;
  const next = putVarint(end - from, into, at);
  into.copyWithin(next, from, end);
  return next + end - from;
}

/** The years 1 to 9999. */
const [firstSecond, lastSecond] = [-62_135_596_800, 253_402_300_799];

function timestampWriter(): BinaryWriter {
  const calendar = new CalendarReader();
  const wide = new Int64();
  return (from, start, end, into, at) => {
    if (!calendar.stamp(from, start, end, true)) return -1;
    const { seconds, micros } = calendar;
    if (seconds < firstSecond || seconds > lastSecond) return -1;
    // Shorter than 128 bytes: its length is one.
    let next = at + 1;
    if (seconds !== 0) {
      into[next] = 0x08;
      wide.whole(seconds);
      next = wide.putVarint(into, next + 1);
    }
    if (micros !== 0) {
      into[next] = 0x10;
      next = putVarint(micros * 1000, into, next + 1);
    }
    into[at] = next - at - 1;
    return next;
  };
}

/** A message of items, each a message with a value or, for NULL, without one. */
function listWriter(type: ColumnType, facts: ColumnFacts): BinaryWriter {
  const element = elementOf(type);
  const { write, as } = writerOf(element, facts);
  const items = listItems(element);
  return (from, start, end, into, at) => {
    const found = items(from, start, end);
    if (found === null) return -1;
    return message(into, at, (first) => {
      let next = first;
      for (const item of found) {
        into[next] = 0x0a;
        next = message(into, next + 1, (place) => {
          if (item === null) return place;
          into[place] = 8 + as;
          return write(item, 0, item.length, into, place + 1);
        });
        if (next < 0) return -1;
      }
      return next;
    });
  };
}

/** One of the fields of the message Dynamic. */
function dynamicWriter(): BinaryWriter {
  const branches = new Map<number, readonly [number, BinaryWriter]>([
    [stored.integer, [8 + wire.varint, intWriter('isSigned')]],
    [stored.real, [16 + wire.eight, double]],
    [stored.text, [24 + wire.sized, sized]],
    [stored.blob, [32 + wire.sized, sized]],
  ]);
  return (from, start, end, into, at) => {
    const branch = branches.get(from[start] as number);
    if (branch === undefined) return -1;
    return message(into, at, (place) => {
      into[place] = branch[0];
      return branch[1](from, start + 1, end, into, place + 1);
    });
  };
}
