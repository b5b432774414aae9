import { type ConnectType, connectType } from '../connect/schema.ts';
import { otherMeaning } from './meaning.ts';
import type { Reading } from './reading.ts';

/** Each is read as any that stands behind it. */
const widening: readonly ConnectType['type'][] = ['int8', 'int16', 'int32', 'int64', 'float', 'double'];

/** As Kafka Connect projects what an event brings of its own schema onto the one that a consumer has made its tables by. */
export const connectReading: Reading = {
  unread: (reader, writer) => {
    const written = connectType(writer.type, writer.facts);
    return otherMeaning(reader, writer) ?? unprojected(connectType(reader.type, reader.facts), written);
  },
  // None stands in the schema.
  hasDefault: () => false,
  names: (fields) => fields.map(({ name }) => name),
};

function unprojected(reader: ConnectType, writer: ConnectType): string | null {
  if (reader.items !== undefined && writer.items !== undefined) return unprojected(reader.items, writer.items);
  if (reader.name !== writer.name) {
    // Named texts, such as a UUID, are texts.
    return reader.type === 'string' && writer.type === 'string' && reader.name === undefined ? null : different(reader, writer);
  }
  const [as, of] = [widening.indexOf(reader.type), widening.indexOf(writer.type)];
  if (reader.type !== writer.type && (as < 0 || of < 0 || of > as)) return different(reader, writer);
  const { scale, 'connect.decimal.precision': most } = reader.parameters ?? {};
  const { scale: written, 'connect.decimal.precision': digits } = writer.parameters ?? {};
  if (scale !== written) return `its digits of scale ${written} would be read as of scale ${scale}`;
  return Number(digits ?? 0) <= Number(most ?? 0) ? null : `it may have ${digits} digits, and not ${most}`;
}

const told = ({ type, name }: ConnectType): string => (name === undefined ? type : `${type} (${name})`);
const different = (reader: ConnectType, writer: ConnectType): string => `Connect does not take ${told(writer)} for ${told(reader)}`;
