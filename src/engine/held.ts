import { formatDuration } from '../kit/duration.ts';
import type { Held } from '../model/report.ts';
import type { Horizon } from '../model/watermark.ts';
import { heldText } from '../observe/describe-event.ts';
import type { CycleContext } from './cycle.ts';

/** Milliseconds for which a transaction is open before the log names it. */
const toldAfter = 10_000;

/** The transaction that keeps rows back from a job in strict order. */
export function heldBy({ now, holder }: Horizon): Held | null {
  if (holder == null) return null;
  return { by: holder.name, user: holder.user, openMs: Math.max(0, Number((now - holder.since) / 1000n)) };
}

/** Names the transaction in the report, and once in the log when it has been open for long. */
export function tellHeld({ plan, tally, observer, memory }: CycleContext, horizon: Horizon): void {
  tally.held = heldBy(horizon);
  const name = tally.held === null ? null : `${tally.held.by} ${horizon.holder?.since}`;
  if (tally.held === null || tally.held.openMs < toldAfter) return;
  if (memory.toldOf === name) return;
  memory.toldOf = name;
  observer({
    type: 'job.notice',
    job: plan.name,
    message: `rows wait for an open transaction: ${heldText(tally.held)}`,
    cure: 'They come when it ends.',
  });
}

/** A clock that was set back stamps rows behind the mark, where a job in strict order never looks. */
export function tellClock({ plan, observer, memory }: CycleContext, since: string | null, { now }: Horizon): void {
  if (since === null || BigInt(since) <= now || memory.toldOf === since) return;
  memory.toldOf = since;
  observer({
    type: 'job.warning',
    job: plan.name,
    message: `the source's clock was set back by ${formatDuration(Number((BigInt(since) - now) / 1000n))}: rows stamped meanwhile lie behind the mark`,
    cure: `When the clock has caught up, \`liberate backfill\` publishes them.`,
  });
}
