import type { Column } from '../../src/model/column.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import type { Value } from '../../src/model/value.ts';
import { encoderOf } from '../../src/schema/encoder-of.ts';
import { eventModel } from '../../src/schema/event-model.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';
import type { StreamSchema } from '../../src/schema/stream-schema.ts';
import { streamSchemaOf } from '../../src/schema/stream-schema-of.ts';
import type { Normal } from '../foreign/normal.ts';
import type { SchemaFormat } from '../foreign/readers.ts';
import { oneRow } from '../support/rows.ts';
import { caseColumns, databases } from './case-columns.ts';
import { eventsOfColumn, expected, told } from './round-trip.ts';
import { canonical, type TypeCase } from './type-case.ts';

export interface GoldenEvent {
  readonly bytes: Buffer;
  /** What stands in each field. */
  readonly values: Readonly<Record<string, Normal>>;
}

/**
 * Events of every type of a database, each sample that the format can hold in a field of its own, and a last one of NULLs: framed, as they
 * would lie in a topic, with the documents that a reader is given.
 */
export function goldenEvents(
  database: keyof typeof databases,
  format: SchemaFormat,
  id: number,
): { readonly stream: StreamSchema; readonly events: readonly GoldenEvent[] } {
  const cases: readonly TypeCase[] = databases[database];
  const columns = caseColumns(database);
  const names = columns.map(({ name }) => name);
  const schema = eventSchema(columns, { include: null, exclude: [], rename: {} }, []);
  const stream = streamSchemaOf(eventModel(`types.${database}`, schema, []), { format, keyFormat: 'json', envelope: 'none' });
  const encoder = encoderOf(schema, stream, names, { key: null, value: id });
  const single = columns.map((column) => eventsOfColumn(column, format, [column.name]));
  const rows = Math.max(...cases.map(({ samples }) => samples.length)) + 1;
  const events = Array.from({ length: rows }, (_, row): GoldenEvent => {
    const values = cases.map(({ kind, samples }, at): Value => {
      const sample = samples[row];
      const value = sample === undefined ? null : canonical(kind, sample);
      const found = told(single[at] as (typeof single)[number], oneRow([value]), 0).told;
      return typeof found === 'string' && found.startsWith('refused: ') ? null : value;
    });
    const into = new RecordBatch({}, 16);
    encoder.append(oneRow(values), 0, 0, into);
    const fields = names.map((name, at) => [name, expected(format, columns[at] as Column, values[at] ?? null)] as const);
    return { bytes: Buffer.from(into.value(0) as Buffer), values: Object.fromEntries(fields) };
  });
  return { stream, events };
}
