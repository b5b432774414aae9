import type { OutboundRecord } from '../model/record.ts';
import type { Row } from '../model/row.ts';
import type { JobPlan } from './job-plan.ts';

export type Operation = 'upsert' | 'delete';

/** A job's headers are made once and shared by all its records. */
export function recordHeaders(plan: JobPlan, sourceName: string, operation: Operation): Readonly<Record<string, string>> {
  return {
    ...plan.job.headers,
    'liberate.job': plan.name,
    'liberate.source': sourceName,
    'liberate.schema': plan.encoder.schema.fingerprint,
    'liberate.op': operation,
  };
}

/** One row as it leaves; `readAt`: milliseconds, the record's time where the row has none of its own. */
export function upsertRecord(
  plan: JobPlan,
  headers: Readonly<Record<string, string>>,
  row: Row,
  key: Buffer | null,
  value: Buffer,
  readAt: number,
): OutboundRecord {
  return { key, value, timestamp: plan.eventTime(row.values) ?? String(readAt), headers };
}
