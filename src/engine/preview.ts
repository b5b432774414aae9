import type { Job } from '../model/job.ts';
import type { OutboundRecord } from '../model/record.ts';
import type { SourceUse } from './engine.ts';
import { type JobPlan, requestOf } from './job-plan.ts';
import { recordHeaders, upsertRecord } from './record.ts';
import { resolveTarget, targetsOf } from './resolve.ts';

export interface Preview {
  readonly plan: JobPlan;
  readonly records: readonly OutboundRecord[];
}

/** The first events of a job in reading order, exactly as they would leave; nothing is sent and no mark is touched. */
export async function previewJob(
  job: Job,
  { source, timezone }: SourceUse,
  rows: number,
  now: number,
  signal: AbortSignal,
): Promise<readonly Preview[]> {
  const facts = await source.check(signal);
  const previews: Preview[] = [];
  for (const target of await targetsOf(job, source, facts, signal)) {
    const plan = await resolveTarget(job, target, source, facts, timezone, signal);
    const headers = recordHeaders(plan, source.name, 'upsert');
    const request = { ...requestOf(plan), window: { kind: 'all' } as const, page: null, recentFrom: null, sample: null, limit: rows };
    const records: OutboundRecord[] = [];
    for await (const batch of source.read(request, signal)) {
      for (const row of batch.rows) {
        const { encoder } = plan;
        records.push(upsertRecord(plan, headers, row, encoder.key(row.values), encoder.value(row.values), now));
      }
    }
    previews.push({ plan, records });
  }
  return previews;
}
