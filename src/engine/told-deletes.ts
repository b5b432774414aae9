import { formatDuration } from '../kit/duration.ts';
import type { Deletion } from '../model/deletion.ts';
import type { Guarantee, Sight } from '../model/guarantee.ts';
import type { Horizon } from '../model/watermark.ts';
import type { Sink } from '../sink/sink.ts';
import { guaranteeOf } from './guarantee.ts';
import type { JobPlan } from './job-plan.ts';
import { remembers } from './published-log.ts';

/** What the job promises, deletes and what its polls cannot see among it where they are told. */
export function promiseOf(plan: JobPlan, sink: Pick<Sink, 'kind'>, sight: Sight, horizon: Horizon): Guarantee {
  const promise = withoutMarks(plan, sink, sight, horizon);
  if (plan.deleted === null) return promise;
  const seen = plan.mode === 'incrementing' && plan.job.reconcile === null ? ' at the load and by backfill' : '';
  return { ...promise, guarantee: `${promise.guarantee}; ${markedRows(plan.deleted)} leave as tombstones${seen}` };
}

/** Does the job publish deletes? Then an event of a key without a row is a fault. */
export const tellsDeletes = ({ plan, sink }: { readonly plan: JobPlan; readonly sink: Pick<Sink, 'kind'> }): boolean =>
  plan.deleted !== null || remembers({ plan, sink });

const markedRows = (deleted: Deletion): string =>
  deleted.kind === 'column' ? `rows marked by ${deleted.column.name}` : `rows with ${deleted.sql.replace(/\s+/g, ' ').trim()}`;

function withoutMarks(plan: JobPlan, sink: Pick<Sink, 'kind'>, sight: Sight, horizon: Horizon): Guarantee {
  const polled = guaranteeOf(plan, sight, horizon);
  if (!remembers({ plan, sink })) return polled;
  if (plan.mode === 'bulk') {
    return {
      ...polled,
      guarantee: 'every row that is new or changed at each run, and a tombstone for each that is gone',
      method: 'digests of all rows compared with what was published, pages in key order',
      cost: 'each run reads every row, and publishes those that have changed',
      blind: ['what was changed twice between two runs, but for the last of it'],
    };
  }
  const every = formatDuration(plan.job.reconcile ?? 0);
  return {
    ...polled,
    guarantee: `${polled.guarantee.replace(/; (updates and )?deletes are not told$/, '')}; deletes, changed keys and what the cursor cannot see within ${every}`,
    method: `${polled.method}; all keys compared with what was published every ${every}`,
    cost: `${polled.cost}; a reconcile reads every row in key order`,
    blind: [`what was changed twice between two reconciles and no poll saw, but for the last of it`],
  };
}
