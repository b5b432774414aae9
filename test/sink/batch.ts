import type { OutboundRecord } from '../../src/model/record.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';

/** Records as one batch; their headers must be the same, as a batch has one set of them, and one for tombstones. */
export function batchOf(records: readonly OutboundRecord[]): RecordBatch {
  const headers = records[0]?.headers ?? {};
  const tombstoneHeaders = records.find(({ value }) => value === null)?.headers ?? headers;
  const upsertHeaders = records.find(({ value }) => value !== null)?.headers ?? headers;
  const batch = new RecordBatch(upsertHeaders, 1024, tombstoneHeaders);
  for (const record of records) {
    const own = record.value === null ? tombstoneHeaders : upsertHeaders;
    if (JSON.stringify(record.headers) !== JSON.stringify(own)) throw new Error('a batch has one set of headers');
    batch.add(record);
  }
  return batch;
}
