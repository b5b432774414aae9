import { LiberateError } from '../kit/errors.ts';
import { RecordBatch } from '../model/record-batch.ts';
import type { JobState } from '../model/state.ts';
import type { Horizon } from '../model/watermark.ts';
import type { Window } from '../query/request.ts';
import { sameDefinition } from './definition.ts';
import { digestOf, nameOf } from './digest.ts';
import { requestOf } from './job-plan.ts';
import { newestCursor } from './newest-cursor.ts';
import { openTracker } from './poll-cycle.ts';
import type { Reader } from './publisher.ts';
import { readPages } from './read-pages.ts';
import { encodeOf } from './record.ts';
import type { VerifyContext } from './verify-context.ts';
import { digestWords, putDigest, recordWords } from './verify-digest.ts';

/** Told of each row that the next poll meets: the digests of key and value, and whether it would publish it. */
type Met = (record: Uint32Array, publishes: boolean) => void;

/**
 * What is under way: the next poll's own read from the committed state, without publishing. A row that it would not
 * publish is one that the job takes for published already. A job that never ran has no next poll to wait for.
 */
export async function nextPoll(context: VerifyContext, met: Met, signal: AbortSignal): Promise<void> {
  const { plan, source, store, reader } = context;
  const state = await store.load(plan.name);
  if (state === null || plan.mode === 'bulk') return;
  const changed = sameDefinition(plan.definition, state.definition);
  if (changed !== null) throw new LiberateError('LIB501', changed, { place: { job: plan.name } });
  const record = new Uint32Array(recordWords);
  const tell = (event: RecordBatch, publishes: boolean): void => {
    putDigest(reader.asRead(event.key(0) as Buffer), record, 0);
    const value = event.core();
    putDigest(value === null ? null : reader.asRead(value), record, digestWords);
    met(record, publishes);
  };
  const horizon = await source.horizon(plan.job.lookback, signal);
  const tracker = openTracker(context, state, horizon);
  const sample = state.mark?.[0] ?? (await newestCursor(context, signal));
  // Without a bound: what waits behind the fence is under way too.
  const request = requestOf(plan, { window: upToNow(tracker.window, horizon), recentFrom: tracker.recentFrom, sample });
  await look(context, request, tracker, tell, signal);
  if (plan.job.nulls === 'include') {
    const nulls = requestOf(plan, { key: plan.key, window: { kind: 'nulls' } });
    await look(context, nulls, unlessSent(state), tell, signal);
  }
}

/** What a poll goes on with after a crash ends at the snapshot at which it was begun. */
const upToNow = (window: Window, { snapshot }: Horizon): Window =>
  window.kind === 'snapshot' && snapshot !== undefined ? { ...window, upTo: snapshot } : window;

/** Rows without a cursor are published when they are not what was published of them last. */
const unlessSent = ({ sent }: JobState): Pick<Reader, 'meet' | 'met'> => ({
  meet: (_rows, _at, event) => sent[nameOf(event.key(event.count - 1))] !== digestOf(event),
  met: () => null,
});

async function look(
  { plan, source }: VerifyContext,
  request: Parameters<typeof readPages>[1],
  reader: Pick<Reader, 'meet' | 'met'>,
  tell: (event: RecordBatch, publishes: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const encode = encodeOf(plan);
  const event = new RecordBatch({});
  for await (const rows of readPages(source, request, plan.job.batch, signal)) {
    for (let at = 0; at < rows.count; at += 1) {
      event.clear();
      encode(rows, at, event);
      tell(event, reader.meet(rows, at, event));
    }
    reader.met(rows);
  }
}

/** Milliseconds in which a bulk job that a runner holds is expected to have published everything once more. */
const reloadWithin = 60_000;
const lookEvery = 250;

/**
 * A bulk job publishes everything at each cycle. With a runner at work, waits for a cycle that began after now to end;
 * false when none came in time, so that what differs may still be under way.
 */
export async function reloaded({ plan, store, clock, holds }: VerifyContext, signal: AbortSignal): Promise<boolean> {
  if (holds) return true;
  const { cadence } = plan.job;
  const from = clock.now();
  const until = from + reloadWithin + (cadence.kind === 'every' ? (cadence.most ?? cadence.ms) : 0);
  for (;;) {
    const stored = (await store.list()).find(({ job }) => job === plan.name);
    if (stored?.lease == null || stored.lease.msLeft <= 0) return true;
    if ((stored.lastOk?.startedAt ?? 0) > from) return true;
    if (clock.now() >= until) return false;
    await clock.sleep(lookEvery, signal);
    if (signal.aborted) throw signal.reason;
  }
}
