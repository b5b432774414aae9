import { type AvroType, avroDefault, avroType } from '../avro/schema.ts';
import { plainNames } from '../names.ts';
import { otherMeaning } from './meaning.ts';
import type { Reading } from './reading.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Avro's rules of resolution, and for logical types what a reader makes of them. */
export const avroReading: Reading = {
  unread: (reader, writer) => {
    const written = avroType(writer.type, writer.facts);
    return otherMeaning(reader, writer) ?? unresolved(avroType(reader.type, reader.facts), written);
  },
  hasDefault: (reader) => avroDefault(reader) !== null,
  names: (fields) => plainNames(fields.map(({ name }) => name)),
};

/** What else than itself a type is read from. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  string: ['bytes'],
  bytes: ['string'],
};

/** Why Avro does not read `writer` as `reader`; null: it does. */
export function unresolved(reader: AvroType, writer: AvroType): string | null {
  if (Array.isArray(writer))
    return (writer as readonly AvroType[]).map((one) => unresolved(reader, one)).find((why) => why !== null) ?? null;
  if (Array.isArray(reader)) {
    const whys = (reader as readonly AvroType[]).map((one) => unresolved(one, writer));
    return whys.includes(null) ? null : (whys.at(-1) as string);
  }
  const [as, of] = [plain(reader), plain(writer)];
  if (as !== of && promotions[as]?.includes(of) !== true) return `Avro does not read ${told(writer)} as ${told(reader)}`;
  if (as === 'array') return unresolved((reader as Schema)['items'] as AvroType, (writer as Schema)['items'] as AvroType);
  return otherLogic(reader, writer);
}

/** Readers apply their own logical type to the writer's bytes, and few look whether it was the writer's. */
function otherLogic(reader: AvroType, writer: AvroType): string | null {
  const [as, of] = [logic(reader), logic(writer)];
  if (as['logicalType'] !== of['logicalType']) {
    // A UUID is text.
    return of['logicalType'] === 'uuid' && as['logicalType'] === undefined ? null : `${told(writer)} is not ${told(reader)}`;
  }
  if (as['logicalType'] !== 'decimal') return null;
  const [scale, written] = [as['scale'], of['scale']];
  if (scale !== written) return `its digits of scale ${String(written)} would be read as of scale ${String(scale)}`;
  const [most, digits] = [as['precision'] as number, of['precision'] as number];
  return digits <= most ? null : `it may have ${digits} digits, and not ${most}`;
}

const plain = (type: AvroType): string => (typeof type === 'string' ? type : String((type as Schema)['type']));
const logic = (type: AvroType): Schema => (typeof type === 'string' ? {} : (type as Schema));
const told = (type: AvroType): string => {
  const { logicalType } = logic(type) as { readonly logicalType?: string };
  return logicalType === undefined ? plain(type) : `${plain(type)} (${logicalType})`;
};
