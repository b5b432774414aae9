import type { CycleContext } from './cycle.ts';
import { requestOf } from './job-plan.ts';

/** Mark text of the newest row's cursor, for databases whose stamps have a print form of their own. */
export async function newestCursor({ plan, source }: Pick<CycleContext, 'plan' | 'source'>, signal: AbortSignal): Promise<string | null> {
  if (source.kind !== 'sqlite' || plan.mode === 'incrementing') return null;
  return (await source.last(requestOf(plan, { window: { kind: 'all' } }), signal))?.[0] ?? null;
}
