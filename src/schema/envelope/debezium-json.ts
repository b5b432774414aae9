import type { RecordBatch } from '../../model/record-batch.ts';
import { put, putText } from '../batch-bytes.ts';
import type { BeforeWriter } from './before.ts';
import { debeziumSource } from './debezium-source.ts';
import type { EnvelopeForm, Told } from './envelope.ts';
import type { Origin } from './origin.ts';

/** What stands around the envelope: a registry's frame, or the schema of Connect's converter. */
export interface AroundJson {
  readonly before: Buffer;
  readonly after: Buffer;
}

/** Where the row begins; no text of ours before it has these bytes, since a quote within a string is escaped. */
const rowName = Buffer.from('"before":null,"after":');
const rowEnd = Buffer.from('}');

const times = (ms: number): string => `"ts_ms":${ms},"ts_us":${ms}000,"ts_ns":${ms}000000`;

/**
 * Debezium's change event in JSON. Readers find its fields by name, so the row stands last: what lies before it is written in one piece, and
 * a value that is read back gives its row without being parsed. `before`: of a row that is gone; null: of none.
 */
export function debeziumJson(origin: Origin, around: AroundJson, before: BeforeWriter | null): EnvelopeForm {
  const { version, connector, name, db, schema, table } = debeziumSource(origin);
  const text = JSON.stringify;
  const begin = `{"source":{"version":${text(version)},"connector":${text(connector)},"name":${text(name)},`;
  const place = `"db":${text(db)},"sequence":null,"schema":${text(schema)},"table":${text(table)}}`;
  const head = ({ occasion, timestamp }: Told, operation: string): string => {
    const snapshot = operation === 'r' ? 'true' : 'false';
    return `${begin}${times(timestamp)},"snapshot":"${snapshot}",${place},"transaction":null,"op":"${operation}",${times(occasion.at)},`;
  };
  const end = Buffer.concat([rowEnd, around.after]);
  return {
    value: (told, _key, row, into) => {
      put(around.before, into);
      putText(head(told, told.occasion.operation), into);
      put(rowName, into);
      const from = into.length;
      row();
      into.markCore(from, into.length);
      put(end, into);
    },
    gone: (told, key, into: RecordBatch) => {
      put(around.before, into);
      putText(`${head(told, 'd')}"before":`, into);
      if (before === null) putText('null', into);
      else before(key, into);
      putText(',"after":null', into);
      put(end, into);
    },
    headers: null,
    rowIn: (value) => {
      const at = value.indexOf(rowName, around.before.length);
      return at < 0 ? null : lastNull(value.subarray(at + rowName.length, value.length - end.length));
    },
  };
}

/** A delete without its key says null twice. */
const lastNull = (row: Buffer): Buffer | null => (row.length === 4 && row[0] === 0x6e ? null : row);
