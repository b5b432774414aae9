import type { Job } from '../model/job.ts';
import { RecordBatch } from '../model/record-batch.ts';
import type { SourceUse } from './engine.ts';
import { type JobPlan, requestOf } from './job-plan.ts';
import { appendRow, recordHeaders } from './record.ts';
import { plansOf } from './resolve.ts';

export interface Preview {
  readonly plan: JobPlan;
  readonly events: RecordBatch;
}

/** The first events of a job in reading order, exactly as they would leave; nothing is sent and no mark is touched. */
export async function previewJob(job: Job, use: SourceUse, rows: number, now: number, signal: AbortSignal): Promise<readonly Preview[]> {
  const { source } = use;
  const previews: Preview[] = [];
  for await (const plan of plansOf(job, use, null, signal)) {
    const request = requestOf(plan, { window: { kind: 'all' }, limit: rows });
    const headers = recordHeaders(plan, source.name, { operation: 'upsert', valued: true });
    const tombstoneHeaders = recordHeaders(plan, source.name, { operation: 'delete', valued: false });
    const events = new RecordBatch(headers, undefined, tombstoneHeaders, { operation: 'r', at: now });
    for await (const batch of source.read(request, signal)) {
      for (let at = 0; at < batch.count; at += 1) {
        appendRow(plan, batch, at, now, events);
        const refusal = plan.refused();
        if (refusal !== null) throw refusal;
      }
    }
    previews.push({ plan, events });
  }
  return previews;
}
