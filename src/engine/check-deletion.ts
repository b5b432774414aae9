import { LiberateError } from '../kit/errors.ts';
import type { Source } from '../source/source.ts';
import { type JobPlan, requestOf } from './job-plan.ts';

/** Has the server plan a read that asks for it, and no rows: a condition that it refuses is told before the job runs. LIB204, LIB207 */
export async function checkDeletion(plan: JobPlan, source: Source, signal: AbortSignal): Promise<void> {
  if (plan.deleted?.kind !== 'condition') return;
  const nothing = { ...requestOf(plan, { key: [], window: { kind: 'all' }, limit: 1 }), where: '1 = 0' };
  try {
    for await (const _ of source.read(nothing, signal));
  } catch (error) {
    if (!(error instanceof LiberateError) || (error.code !== 'LIB204' && error.code !== 'LIB207')) throw error;
    throw new LiberateError(error.code, `the condition of deleted, ${plan.deleted.sql}: ${error.message}`, {
      place: { job: plan.name },
      cure: 'Mend the condition: it may name the columns of the table, or of the query’s result.',
      cause: error,
    });
  }
}
