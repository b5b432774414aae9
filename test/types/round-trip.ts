import { expect } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import type { Column } from '../../src/model/column.ts';
import type { Format } from '../../src/model/format.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import type { RowBatch } from '../../src/model/row.ts';
import type { Value } from '../../src/model/value.ts';
import type { Encoder } from '../../src/schema/encoder.ts';
import { encoderOf } from '../../src/schema/encoder-of.ts';
import { type EventField, eventModel } from '../../src/schema/event-model.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';
import type { StreamSchema } from '../../src/schema/stream-schema.ts';
import { streamSchemaOf } from '../../src/schema/stream-schema-of.ts';
import { looselyTold } from '../foreign/json-schema.ts';
import { type Normal, normal, sameLines } from '../foreign/normal.ts';
import { readers, type SchemaFormat } from '../foreign/readers.ts';
import type { TypeCase } from './type-case.ts';

export interface ColumnEvents {
  readonly stream: StreamSchema;
  readonly encoder: Encoder;
}

/** Events of one column alone, as value and as key. `names`: of all the values of a row. */
export function eventsOfColumn(column: Column, format: Format, names: readonly string[]): ColumnEvents {
  const schema = eventSchema([column], { include: null, exclude: [], rename: {} }, [column]);
  // Nullable as the column is: a key is not.
  const model = eventModel('types.every', { ...schema, key: [] }, []);
  const stream = streamSchemaOf(model, { format, keyFormat: 'json', envelope: 'none' });
  return { stream, encoder: encoderOf({ ...schema, key: [] }, stream, names, { key: null, value: 42 }) };
}

/** The value that a foreign reader finds in the event of a row; `refused: …` where the format cannot hold it. */
export function told({ stream, encoder }: ColumnEvents, rows: RowBatch, at: number): { readonly bytes: string; readonly told: Normal } {
  const into = new RecordBatch({}, 16);
  try {
    encoder.append(rows, at, 0, into);
  } catch (error) {
    if (!(error instanceof LiberateError) || error.code !== 'LIB211') throw error;
    expect(error.place).toEqual({ column: stream.model.fields[0]?.column });
    expect(error.cure).toMatch(/cast|Mend/);
    return { bytes: error.message, told: `refused: ${error.message}` };
  }
  const event = into.value(0) as Buffer;
  const field = stream.model.fields[0] as EventField;
  const found = readers[stream.format as SchemaFormat](stream, event)[field.name] ?? null;
  return { bytes: event.toString('hex'), told: sameLines(field.type, found) };
}

export function expected(format: SchemaFormat, { type, facts }: Column, value: Value): Normal {
  if (format === 'json-schema' && type.kind === 'dynamic') return looselyTold(value);
  // JSON's own null and NULL are the same where JSON stands as it is.
  if (format === 'json-schema' && type.kind === 'json' && value === 'null') return null;
  return normal(type, value, facts?.bits);
}

export const labelOf = ({ type }: TypeCase, [sql]: readonly [sql: string, ...rest: readonly unknown[]]): string => `${type}: ${sql}`;
