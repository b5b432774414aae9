import { LiberateError } from '../kit/errors.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type { CycleContext } from './cycle.ts';
import { digestOf, nameOf } from './digest.ts';
import type { JobMemory } from './job-memory.ts';
import { type JobPlan, requestOf } from './job-plan.ts';
import type { Publisher, Reader } from './publisher.ts';
import { readPages } from './read-pages.ts';
import type { Progress } from './tracker.ts';

/** The rows without a cursor, which no poll by cursor would ever meet. */
export interface Nulls {
  /** What has been published of them: key → digest. */
  sent(): Readonly<Record<string, string>>;
  publish(publisher: Publisher, signal: AbortSignal): Promise<void>;
  /** The last event's row has been met by the cursor: it has got one. */
  forget(event: RecordBatch): void;
}

/** Milliseconds between two looks for NULLs: each costs the source a statement, a query job its whole query. */
const checkEvery = 60_000;

const none: Nulls = { sent: () => ({}), publish: () => Promise.resolve(), forget: () => undefined };

/** By policy: `error` refuses them before anything is read (LIB205), `include` publishes those that are new or changed. */
export async function openNulls(context: CycleContext, before: Progress, signal: AbortSignal): Promise<Nulls> {
  const { plan, source } = context;
  // COALESCE is NULL only where every column is.
  if (plan.cursor.some(({ nullable }) => !nullable)) return none;
  if (plan.job.nulls === 'include') return includeNulls(context, before);
  const now = context.clock.now();
  if (!nullsAreDue(plan, context.memory, now)) return none;
  const request = requestOf(plan, { window: { kind: 'nulls' } });
  const count = await source.countNulls(request, signal);
  if (count === 0) {
    context.memory.nullsCheckedAt = now;
    return none;
  }
  const names = plan.cursor.map(({ name }) => name).join(', ');
  const amount = count >= 1000 ? '1,000 rows or more' : count === 1 ? '1 row' : `${count} rows`;
  throw new LiberateError('LIB205', `${amount} of ${plan.relationName} have no ${names}, so no poll would ever see them`, {
    place: { job: plan.name, column: names },
  });
}

/** Whether rows without a cursor are to be looked for now. */
export function nullsAreDue({ cursor, job }: JobPlan, { nullsCheckedAt }: JobMemory, now: number): boolean {
  if (cursor.some(({ nullable }) => !nullable)) return false;
  return job.nulls === 'include' || nullsCheckedAt === null || now - nullsCheckedAt >= checkEvery;
}

function includeNulls(context: CycleContext, before: Progress): Nulls {
  const { plan, source, tally } = context;
  const sent = new Map<string, string>();
  const request = requestOf(plan, { key: plan.key, window: { kind: 'nulls' } });
  const reader: Reader = {
    meet: (_rows, _at, event) => {
      const name = nameOf(event.key(event.count - 1));
      const now = digestOf(event);
      sent.set(name, now);
      if (before.sent[name] === now) return false;
      tally.nulls += 1;
      return true;
    },
    // These rows stand outside the reading order: they must not move the mark.
    markBefore: () => null,
    met: () => null,
  };
  return {
    sent: () => Object.fromEntries(sent),
    forget: (event) => {
      if (sent.size > 0) sent.delete(nameOf(event.key(event.count - 1)));
    },
    publish: async (publisher, signal) => {
      const paged = plan.key.length > 0 ? plan.job.batch : null;
      for await (const batch of readPages(source, request, paged, signal)) {
        await publisher.publish(batch, reader);
      }
    },
  };
}
