import { LiberateError } from '../kit/errors.ts';
import type { Source } from '../source/source.ts';
import { type JobPlan, requestOf } from './job-plan.ts';

/**
 * A query's key may turn out NULL (an outer join from the wrong side): such a row cannot be told from
 * others, and a page edge could skip it. Looked for when a job starts; where the reading order has not the column, such a row
 * can be a dead letter. LIB206.
 */
export async function refuseNullKeys(plan: JobPlan, source: Source, signal: AbortSignal): Promise<void> {
  if (plan.relation.kind === 'table') return;
  for (const column of [...new Set([...plan.order, ...(plan.letters === null ? plan.key : [])])].filter(({ nullable }) => nullable)) {
    const request = requestOf(plan, { cursor: [column], key: [], window: { kind: 'nulls' } });
    const count = await source.countNulls(request, signal);
    if (count === 0) continue;
    throw new LiberateError(
      'LIB206',
      `${count >= 1000 ? '1,000 rows or more' : `${count} of its rows`} have no "${column.name}", which is part of the key`,
      {
        place: { job: plan.name, column: column.name },
        cure: 'Leave such rows out of the query, or choose a key that every row has.',
      },
    );
  }
}
