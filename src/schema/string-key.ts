import { LiberateError } from '../kit/errors.ts';
import type { PackedRows } from '../model/packed-rows.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type { Value } from '../model/value.ts';
import { putText } from './batch-bytes.ts';
import type { EventField } from './event-model.ts';
import { type JsonWriter, jsonWriter } from './json/value.ts';
import { notUtf8 } from './not-utf8.ts';
import type { RowObject } from './row-object.ts';

/** A key's bare text: that of a JSON string, or the JSON itself of what is none. */
export class StringKey implements RowObject {
  readonly leads: Buffer = Buffer.alloc(0);
  readonly #column: string;
  readonly #at: number;
  readonly #json: JsonWriter;

  /** LIB108 of a key of several columns: nothing tells where one of them ends. `columns`: the names behind the values of a row. */
  constructor(key: readonly EventField[], columns: readonly string[]) {
    const [field, second] = key;
    if (field === undefined || second !== undefined) throw severalColumns(key);
    this.#column = field.column;
    this.#at = columns.indexOf(field.column);
    this.#json = jsonWriter(field.type);
  }

  most({ bounds, width }: PackedRows, row: number): number {
    const at = (row * width + this.#at) * 2;
    return (bounds[at + 1] as number) - (bounds[at] as number);
  }

  write(rows: PackedRows, row: number, _leads: number, from: number): number {
    const at = this.#at;
    if (rows.forms[at]?.form === 'same' && !rows.isNull(row, at) && rows.isUtf8(row, at)) {
      const place = (row * rows.width + at) * 2;
      const [start, end] = [rows.bounds[place] as number, rows.bounds[place + 1] as number];
      rows.bytes.copyWithin(from, start, end);
      return from + end - start;
    }
    const value = rows.value(row, at);
    if (typeof value === 'string' && value.includes('\ufffd') && !rows.isUtf8(row, at)) throw notUtf8(this.#column);
    const text = this.#text(value);
    rows.desk(from - rows.length + text.length * 3);
    return from + rows.bytes.write(text, from);
  }

  writeValues(values: readonly Value[], into: RecordBatch): void {
    putText(this.#text(values[this.#at] ?? null), into);
  }

  #text(value: Value): string {
    if (value === null)
      throw new LiberateError('LIB211', `the key column "${this.#column}" holds NULL`, { place: { column: this.#column } });
    if (typeof value === 'string') return value;
    const json = this.#json(value);
    return json.startsWith('"') ? json.slice(1, -1) : json;
  }
}

const severalColumns = (key: readonly EventField[]): LiberateError =>
  new LiberateError(
    'LIB108',
    `\`keyFormat: string\` takes a key of one column, and it is made of ${key.map(({ name }) => name).join(', ')}`,
    {
      cure: 'Name one column as `key:`, or choose another `keyFormat:`.',
    },
  );
