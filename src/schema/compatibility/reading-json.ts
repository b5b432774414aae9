import type { EventField } from '../event-model.ts';
import { jsonDefault } from '../json/schema.ts';
import { type Kind, named, otherMeaning } from './meaning.ts';
import type { Reading } from './reading.ts';

type Form = 'boolean' | 'number' | 'not finite' | 'string' | 'base64' | 'array' | 'object';

const string = ['string'] as const;
const real = ['number', 'not finite'] as const;

/** As json-value.ts writes them. */
const forms: { readonly [K in Kind]: readonly Form[] } = {
  boolean: ['boolean'],
  integer: ['number'],
  decimal: real,
  float: real,
  text: string,
  uuid: string,
  date: string,
  time: string,
  timestamp: string,
  timestamptz: string,
  interval: string,
  bytes: ['base64'],
  json: ['boolean', 'number', 'not finite', 'string', 'base64', 'array', 'object'],
  array: ['array'],
  dynamic: ['number', 'not finite', 'string', 'base64'],
};

const stored = { integer: ['number'], real, text: string, blob: ['base64'] } as const;

const formsOf = ({ type, facts }: EventField): readonly Form[] =>
  type.kind === 'dynamic' && facts.stored !== undefined ? stored[facts.stored] : forms[type.kind];

/** As the JSON Schema tells it: numbers of up to 32 bits have their ends there, and texts their length. */
export const jsonReading: Reading = {
  unread: (reader, writer) => {
    const [as, of] = [reader.type, writer.type];
    if (as.kind === 'array' && of.kind === 'array')
      return jsonReading.unread({ ...reader, type: as.element }, { ...writer, type: of.element });
    // Any JSON may stand there.
    if (as.kind === 'json') return null;
    const known = formsOf(reader);
    const strange = formsOf(writer).find((form) => !known.includes(form));
    if (strange !== undefined) return otherMeaning(reader, writer) ?? `in JSON ${named(of.kind)} may be ${told[strange]}`;
    return otherMeaning(reader, writer) ?? beyondEnds(reader, writer) ?? tooLong(reader, writer);
  },
  hasDefault: (reader) => jsonDefault(reader) !== null,
  names: (fields) => fields.map(({ name }) => name),
};

const told: { readonly [F in Form]: string } = {
  boolean: 'true or false',
  number: 'a number',
  'not finite': 'NaN or an infinity',
  string: 'a string',
  base64: 'a string of base64',
  array: 'an array',
  object: 'an object',
};

function beyondEnds(reader: EventField, writer: EventField): string | null {
  if (reader.type.kind !== 'integer' || writer.type.kind !== 'integer') return null;
  const [low, high] = ends(reader);
  const [least, most] = ends(writer);
  return least >= low && most <= high ? null : `it may be ${least < low ? least : most}, past what ${reader.native} holds`;
}

function ends({ facts: { bits = 64, unsigned } }: EventField): readonly [bigint, bigint] {
  const size = BigInt(bits);
  return unsigned === true ? [0n, 2n ** size - 1n] : [-(2n ** (size - 1n)), 2n ** (size - 1n) - 1n];
}

function tooLong(reader: EventField, writer: EventField): string | null {
  const most = reader.type.kind === 'text' ? reader.facts.length : undefined;
  if (most === undefined) return null;
  const length = writer.type.kind === 'uuid' ? 36 : writer.type.kind === 'text' ? writer.facts.length : undefined;
  if (length !== undefined && length <= most) return null;
  return `it may be longer than ${most} characters`;
}
