import { LiberateError } from '../kit/errors.ts';
import type { Value } from '../model/value.ts';
import type { EventField } from './event-model.ts';
import { put, putText } from './json-text.ts';
import { jsonWriter } from './json-value.ts';
import { notUtf8 } from './not-utf8.ts';
import type { PartWriter } from './part-writer.ts';

/**
 * The key's bare text: that of a JSON string, or the JSON itself of what is none. LIB108 of a key of several columns: nothing tells
 * where one of them ends.
 */
export function stringKey(key: readonly EventField[], columns: readonly string[]): PartWriter {
  const [field, second] = key;
  if (field === undefined || second !== undefined) throw severalColumns(key);
  const { column, type } = field;
  const at = columns.indexOf(column);
  const write = jsonWriter(type);
  const textOf = (value: Exclude<Value, null>): string => {
    if (typeof value === 'string') return value;
    const json = write(value);
    return json.startsWith('"') ? json.slice(1, -1) : json;
  };
  return {
    write: (rows, row, _timestamp, into) => {
      const { packed } = rows;
      if (packed?.forms[at]?.form === 'same' && packed.isUtf8(row, at)) {
        const place = (row * packed.width + at) * 2;
        put(packed.bytes.subarray(packed.bounds[place] as number, packed.bounds[place + 1]), into);
        return;
      }
      const value = packed === null ? (rows.values(row)[at] ?? null) : packed.value(row, at);
      if (packed !== null && typeof value === 'string' && value.includes('\ufffd') && !packed.isUtf8(row, at)) throw notUtf8(column);
      if (value !== null) putText(textOf(value), into);
    },
  };
}

const severalColumns = (key: readonly EventField[]): LiberateError =>
  new LiberateError(
    'LIB108',
    `\`keyFormat: string\` takes a key of one column, and it is made of ${key.map(({ name }) => name).join(', ')}`,
    {
      cure: 'Name one column as `key:`, or choose another `keyFormat:`.',
    },
  );
