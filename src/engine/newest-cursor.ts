import type { CycleContext } from './cycle.ts';
import { requestOf } from './job-plan.ts';

/** Mark text of the newest row's cursor, for databases whose stamps have a print form of their own. */
export async function newestCursor({ plan, source }: Pick<CycleContext, 'plan' | 'source'>, signal: AbortSignal): Promise<string | null> {
  if (source.kind !== 'sqlite' || plan.mode === 'incrementing') return null;
  const request = { ...requestOf(plan), window: { kind: 'all' } as const, page: null, limit: null, recentFrom: null, sample: null };
  return (await source.last(request, signal))?.[0] ?? null;
}
