import type { OutboundRecord } from '../../src/model/record.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';

/** Records as one batch; their headers must be the same, as a batch has one set of them. */
export function batchOf(records: readonly OutboundRecord[]): RecordBatch {
  const headers = records[0]?.headers ?? {};
  const batch = new RecordBatch(headers, 1024);
  for (const record of records) {
    if (JSON.stringify(record.headers) !== JSON.stringify(headers)) throw new Error('a batch has one set of headers');
    batch.add(record);
  }
  return batch;
}
