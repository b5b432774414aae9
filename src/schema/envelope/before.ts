import type { ColumnType } from '../../model/column.ts';
import type { Format, KeyFormat } from '../../model/format.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import type { Value } from '../../model/value.ts';
import { put } from '../batch-bytes.ts';
import { frameLength } from '../binary/frame.ts';
import type { EventField } from '../event-model.ts';
import { jsonMembers } from '../json/members.ts';
import type { RowObject } from '../row-object.ts';

/** Writes what a delete says of the row that is gone: its key, from the key's own bytes. */
export type BeforeWriter = (key: Buffer, into: RecordBatch) => void;

const isJson = (format: KeyFormat): boolean => format === 'json' || format === 'json-schema';

/** A key of this format can stand in a value of that one. */
export const tellsBefore = (keyFormat: KeyFormat, format: Format): boolean =>
  keyFormat === format || isJson(keyFormat) || keyFormat === 'string';

/** `object`: the key's fields in the format of the value, which writes values in their order. */
export function beforeWriter(keyFormat: KeyFormat, format: Format, fields: readonly EventField[], object: RowObject): BeforeWriter {
  const bare = bareKey(keyFormat);
  if (keyFormat === format || (isJson(keyFormat) && isJson(format))) return (key, into) => put(bare(key), into);
  const valuesOf = keyFormat === 'string' ? onlyText : jsonValues;
  return (key, into) => object.writeValues(valuesOf(bare(key), fields), into);
}

const payloadName = Buffer.from(',"payload":');

/** A key without what stands around it: a registry's frame, or Connect's schema. */
function bareKey(format: KeyFormat): (key: Buffer) => Buffer {
  // The first of these bytes are those behind the schema, in which each quote within a string is escaped.
  if (format === 'connect') return (key) => key.subarray(key.indexOf(payloadName) + payloadName.length, key.length - 1);
  const from = frameLength(format);
  return (key) => key.subarray(from);
}

const onlyText = (key: Buffer, fields: readonly EventField[]): readonly Value[] =>
  fields.map(({ type }) => canonical(type, key.toString('utf8'), false));

function jsonValues(key: Buffer, fields: readonly EventField[]): readonly Value[] {
  const members = jsonMembers(key);
  return fields.map(({ name, type }) => {
    const token = members.get(name) ?? 'null';
    if (token === 'null') return null;
    if (type.kind === 'json' || type.kind === 'array') return token;
    const quoted = token.startsWith('"');
    return canonical(type, quoted ? (JSON.parse(token) as string) : token, quoted);
  });
}

/** The canonical value behind the text that JSON, or a key that is a text, has of it. */
function canonical({ kind }: ColumnType, text: string, quoted: boolean): Value {
  switch (kind) {
    case 'boolean':
      return text === 'true';
    case 'bytes':
      return Buffer.from(text, 'base64');
    case 'dynamic':
      if (quoted || Number.isNaN(Number(text))) return text;
      return /^-?\d+$/.test(text) ? BigInt(text) : Number(text);
    default:
      return text;
  }
}
