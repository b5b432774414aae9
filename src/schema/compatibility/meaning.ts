import type { ColumnFacts, ColumnType } from '../../model/column.ts';
import type { EventField } from '../event-model.ts';

export type Kind = ColumnType['kind'];

const texts = ['uuid', 'date', 'time', 'timestamp', 'timestamptz', 'interval'] as const;

/** Which other kinds a kind takes as what they are. A text takes what is written as one; a format may write it as something else. */
const takes: { readonly [K in Kind]: readonly Kind[] } = {
  boolean: [],
  integer: [],
  decimal: ['integer', 'float'],
  float: ['integer'],
  text: [...texts, 'decimal', 'json'],
  uuid: [],
  json: [],
  bytes: ['text', 'uuid'],
  date: [],
  time: [],
  timestamp: [],
  timestamptz: [],
  interval: [],
  array: [],
  dynamic: ['integer', 'float', 'text', 'bytes', ...texts],
};

type Typed = Pick<EventField, 'type' | 'facts'>;

/**
 * Why values are not read as what they were, whatever format they are written in: a text that is read as a date, a number that is
 * rounded. null: they are, as far as the format brings them over.
 */
export function otherMeaning(reader: Typed, writer: Typed): string | null {
  const [as, of] = [reader.type.kind, writer.type.kind];
  if (reader.type.kind === 'array' && writer.type.kind === 'array') {
    return otherMeaning({ ...reader, type: reader.type.element }, { ...writer, type: writer.type.element });
  }
  if (as !== of && !takes[as].includes(of)) return `${named(of)} is not ${named(as)}`;
  if (as === 'float') return rounding(reader.facts, writer);
  if (as === 'time' && reader.facts.daytime === true && writer.facts.daytime !== true) return 'it may lie outside a day';
  return null;
}

/** Whole numbers that a float of so many bits holds all of. */
const exactBits = { 32: 24, 64: 53 } as const;

function rounding(reader: ColumnFacts, { type, facts }: Typed): string | null {
  const bits = reader.bits === 32 ? 32 : 64;
  const lost = type.kind === 'integer' ? (facts.bits ?? 64) > exactBits[bits] : bits === 32 && facts.bits !== 32;
  return lost ? `a float of ${bits} bits rounds it` : null;
}

/** A kind, for a sentence. */
export function named(kind: Kind): string {
  const words: Readonly<Record<string, string>> = {
    json: 'JSON',
    bytes: 'bytes',
    timestamp: 'a local timestamp',
    timestamptz: 'an instant',
  };
  return words[kind] ?? `${/^[aiu]/.test(kind) && kind !== 'uuid' ? 'an' : 'a'} ${kind}`;
}
