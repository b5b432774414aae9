import type { OutboundRecord } from '../model/record.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type { RowBatch } from '../model/row.ts';
import { envelopeHeaders } from '../schema/envelope/headers.ts';
import { headerColumns, headerText } from '../schema/shape/header-template.ts';
import type { JobPlan } from './job-plan.ts';
import type { Encode } from './tracker.ts';

/** Which of a job's records. */
export interface RecordKind {
  readonly operation: 'upsert' | 'delete';
  readonly valued: boolean;
}

/** A job's headers are made once and shared by all its records of one operation. */
export function recordHeaders(plan: JobPlan, sourceName: string, kind: RecordKind): OutboundRecord['headers'] {
  return {
    ...envelopeHeaders(plan.job.envelope, plan.stream.format, { ...kind, place: plan.origin }),
    ...constantHeaders(plan.job.headers),
    'liberate.job': plan.name,
    'liberate.source': sourceName,
    'liberate.schema': plan.encoder.schema.fingerprint,
    'liberate.op': kind.operation,
  };
}

/** Those that name no column. */
const constantHeaders = (headers: OutboundRecord['headers']): OutboundRecord['headers'] =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([, template]) => headerColumns(template).length === 0)
      .map(([name, template]) => [name, headerText(template)]),
  );

/** Adds one row as it leaves; `readAt`: milliseconds, the record's time where the row has none of its own. */
export function appendRow(
  { encoder, eventTime }: Pick<JobPlan, 'encoder' | 'eventTime'>,
  rows: RowBatch,
  at: number,
  readAt: number,
  into: RecordBatch,
): void {
  encoder.append(rows, at, eventTime(rows, at) ?? readAt, into);
}

/** The event of a row, for looking at: its time does not matter. */
export const encodeOf =
  ({ encoder }: Pick<JobPlan, 'encoder'>): Encode =>
  (rows, at, into) =>
    encoder.append(rows, at, 0, into);
