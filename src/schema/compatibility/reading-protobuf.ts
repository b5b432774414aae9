import { type Constant, constantDefault } from '../constant-default.ts';
import type { EventField } from '../event-model.ts';
import { protobufType } from '../protobuf/schema.ts';
import { otherMeaning } from './meaning.ts';
import type { Reading } from './reading.ts';

/** What else than itself a type is read from without loss, on the wire; int32 and uint32 are varints as wide as they have to be. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  int64: ['int32', 'uint32'],
  uint64: ['uint32'],
  bytes: ['string'],
};

/** By Protobuf's wire format. A field that is not there is null where it may be, and otherwise what Protobuf takes for nothing: 0, false or an empty text. */
export const protobufReading: Reading = {
  unread: (reader, writer) => otherMeaning(reader, writer) ?? unreadType(reader, writer),
  hasDefault: (reader) => {
    const constant = constantDefault(reader);
    return reader.type.kind !== 'dynamic' && constant !== null && isZero(constant, protobufType(reader.type, reader.facts));
  },
  // It goes by numbers, which names keep.
  names: (fields) => fields.map(({ name }) => name),
};

/** What Protobuf takes for a field of this type that is not there. */
function isZero(constant: Constant, type: string): boolean {
  switch (constant.kind) {
    case 'boolean':
      return !constant.value;
    case 'number':
      // Of a decimal, which is text, it is the empty one.
      return type !== 'string' && Number(constant.digits) === 0;
    case 'text':
      return constant.text === '';
    default:
      return constant satisfies never;
  }
}

/** Whether values of one are on the wire what the other reads; null: they are. */
export function unreadType(reader: Pick<EventField, 'type' | 'facts'>, writer: Pick<EventField, 'type' | 'facts'>): string | null {
  const [as, of] = [wireType(reader), wireType(writer)];
  if (as === of || promotions[as]?.includes(of) === true) return null;
  return `Protobuf does not read ${of} as ${as}`;
}

/** An array is a message of its own around its elements, whose promotions hold inside it too. */
function wireType({ type, facts }: Pick<EventField, 'type' | 'facts'>): string {
  const one = protobufType(type, facts);
  return type.kind === 'array' ? `list of ${one}` : one;
}
