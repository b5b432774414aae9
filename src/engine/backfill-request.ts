import { LiberateError } from '../kit/errors.ts';
import type { BackfillRange, Chunk } from '../model/backfill.ts';
import type { ReadRequest } from '../query/request.ts';
import type { Source } from '../source/source.ts';
import { type JobPlan, requestOf } from './job-plan.ts';

export type BackfillRequest = Omit<ReadRequest, 'page' | 'limit'>;

/** The whole relation in key order, or a range of the cursor in its order. LIB103, LIB110 */
export function backfillRequest(plan: JobPlan, source: Source, { from, to, window }: BackfillRange): BackfillRequest {
  // The whole goes in key order where there is a key: rows without a cursor are part of it.
  if (from === null && to === null && window === null) {
    if (namesBounds(plan)) return requestOf(plan, { window: { kind: 'all' } });
    return requestOf(plan, { cursor: plan.key.length > 0 ? [] : plan.cursor, key: plan.key, window: { kind: 'all' } });
  }
  const [cursor] = plan.cursor;
  const place = { job: plan.name };
  if (cursor === undefined) {
    const options = from === null && to === null ? '--window needs' : '--from and --to need';
    throw new LiberateError('LIB110', `${options} a cursor, and job "${plan.name}" has none`, { place });
  }
  if (window !== null && plan.mode !== 'timestamp' && plan.mode !== 'timestamp+incrementing') {
    throw new LiberateError('LIB110', `--window splits time, and the cursor "${cursor.name}" is ${cursor.native}`, {
      place,
      cure: 'Leave it out: the chunks are then of so many rows.',
    });
  }
  const mark = (text: string | null): string | null => (text === null ? null : source.parseCursor(text, cursor));
  return requestOf(plan, { window: { kind: 'range', from: mark(from), to: mark(to) } });
}

/** A query that names `:since` or `:until` compares them with its cursor: without one it would find nothing. */
const namesBounds = ({ relation }: JobPlan): boolean => relation.kind === 'query' && /:(since|until)\b/.test(relation.text);

/** Has it an order that it can be cut and continued in? */
export const isOrdered = ({ cursor, key }: BackfillRequest): boolean => cursor.length + key.length > 0;

/** The rows of one chunk, but for its beginning: a read continues behind `after`, or the chunk's mark. */
export function chunkRequest(request: BackfillRequest, { from, to, upto }: Chunk): BackfillRequest {
  return { ...request, window: request.window.kind === 'range' ? { kind: 'range', from, to } : request.window, until: upto };
}
