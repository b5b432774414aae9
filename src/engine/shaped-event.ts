import { LiberateError } from '../kit/errors.ts';
import type { Column, Shape } from '../model/column.ts';
import type { Job, Mode } from '../model/job.ts';
import type { Encoder, EventSchema } from '../schema/encoder.ts';
import { eventSchema } from '../schema/event-schema.ts';
import { headerColumns } from '../schema/shape/header-template.ts';
import { masker } from '../schema/shape/mask.ts';
import { perRecord } from '../schema/shape/per-record.ts';
import { shapedColumn, shapedEncoder, shapedValues } from '../schema/shape/shaper.ts';
import type { FindColumn } from './reading-order.ts';
import type { RowTexts } from './row-text.ts';

/** Columns know of themselves that their values are not to be shown. */
export function withMasked(shape: Shape, { mask }: Job): Shape {
  if (Object.keys(mask).length === 0) return shape;
  return { ...shape, columns: shape.columns.map((column) => (Object.hasOwn(mask, column.name) ? { ...column, masked: true } : column)) };
}

/** The event as it is published: cast, masked and renamed. */
export function shapedSchema({ columns }: Shape, job: Job, key: readonly Column[]): EventSchema {
  refuseAlikeKeys(job, key);
  const shaped = (column: Column): Column => shapedColumn(column, job);
  return eventSchema(columns.map(shaped), job.columns, key.map(shaped));
}

/** A key of which a mask leaves only a part would be the key of several rows. The file's own rule knows no primary key. */
function refuseAlikeKeys({ mask, cursor }: Job, key: readonly Column[]): void {
  const alike = key.find(({ name }) => Object.hasOwn(mask, name) && mask[name]?.kind !== 'hash');
  if (alike !== undefined) {
    throw new LiberateError('LIB108', `the mask of the key column "${alike.name}" makes keys alike`, {
      place: { column: alike.name },
      cure: 'Mask it by hash: only that tells its rows apart.',
    });
  }
  const shown = cursor.find((name) => Object.hasOwn(mask, name));
  if (shown === undefined) return;
  throw new LiberateError('LIB108', `the cursor "${shown}" is masked, and its text stands in marks, status and logs`, {
    place: { column: shown },
    cure: 'Leave the cursor unmasked; `columns.exclude` keeps it out of the events.',
  });
}

/** Columns that are read for what stands beside the value: headers, partition, time. */
export function besideColumns(job: Job, column: FindColumn): readonly Column[] {
  const ofHeaders = Object.entries(job.headers).flatMap(([header, template]) =>
    headerColumns(template).map((name) => column(name, `header ${header}'s`)),
  );
  const ofPartition = job.partitionBy.map((name) => column(name, 'partitionBy'));
  return [...ofHeaders, ...ofPartition, ...(job.eventTime === null ? [] : [column(job.eventTime, 'eventTime')])];
}

/** Kinds that tell a time. */
const stamps: ReadonlySet<Column['type']['kind']> = new Set(['date', 'timestamp', 'timestamptz', 'dynamic']);

/** The columns of which the first that is not NULL is a record's time; none: it is that of the reading. */
export function timeColumns({ eventTime }: Job, mode: Mode, cursor: readonly Column[], column: FindColumn): readonly Column[] {
  if (eventTime === null) return mode === 'incrementing' || mode === 'transaction' ? [] : cursor;
  const found = column(eventTime, 'eventTime');
  if (stamps.has(found.type.kind)) return [found];
  throw new LiberateError('LIB108', `eventTime is "${eventTime}", and ${found.native} tells no time`, {
    place: { column: eventTime },
    cure: 'Name a date or a timestamp.',
  });
}

export function masksOf(columns: readonly Column[], { mask }: Job): RowTexts['masks'] {
  if (!columns.some(({ masked }) => masked === true)) return null;
  return columns.map(({ name }) => (Object.hasOwn(mask, name) ? masker(mask[name] as Job['mask'][string]) : null));
}

interface Shaping {
  readonly job: Job;
  /** What the rows hold. */
  readonly columns: readonly Column[];
  readonly timezone: string | null;
}

/** The events of rows as the job shapes them; an encoder that is given back as it is costs nothing. */
export function shapedEvents(encoder: Encoder, { job, columns, timezone }: Shaping): Encoder {
  const headers = Object.fromEntries(Object.entries(job.headers).filter(([, template]) => headerColumns(template).length > 0));
  const names = columns.map(({ name }) => name);
  const dressed = perRecord(encoder, { headers, partitionBy: job.partitionBy }, names);
  const shape = shapedValues(columns, job, timezone);
  return shape === null ? dressed : shapedEncoder(dressed, shape);
}
