import { LiberateError } from '../kit/errors.ts';
import type { Job } from '../model/job.ts';
import type { CycleReport } from '../model/report.ts';
import type { ReadRequest } from '../query/request.ts';
import type { Source } from '../source/source.ts';
import { holdLease } from '../state/lease.ts';
import { type CycleContext, commitState } from './cycle.ts';
import type { Engine } from './engine.ts';
import { newMemory } from './job-memory.ts';
import { type JobPlan, requestOf } from './job-plan.ts';
import { Ledger } from './ledger.ts';
import { type Books, everyRow, noBooks, openPublisher } from './publisher.ts';
import { readPages } from './read-pages.ts';
import { resolveTarget, targetsOf } from './resolve.ts';
import { newTally } from './tally.ts';

export interface BackfillOptions {
  /** Cursor at or after this text; null: from the beginning. */
  readonly from: string | null;
  /** Cursor before this text; null: to the end. */
  readonly to: string | null;
  /** Only count. */
  readonly dryRun: boolean;
  /** Wait for a runner that holds the job; otherwise LIB406. */
  readonly wait: boolean;
}

/** Milliseconds and counts of one backfilled relation; `expected` is the source's estimate. */
export interface BackfillReport extends Pick<CycleReport, 'job' | 'published' | 'bytes' | 'startedAt' | 'endedAt'> {
  readonly expected: number | null;
}

/**
 * Publishes what the job's relation holds now, whole or by a range of its cursor, and leaves the live mark
 * alone. It holds the job's lease meanwhile: a poller of the same job waits, so that an old row which the
 * backfill has read can never be sent after a newer one which the poller has.
 */
export async function backfillJob(
  engine: Engine,
  job: Job,
  options: BackfillOptions,
  signal: AbortSignal,
): Promise<readonly BackfillReport[]> {
  const { source, timezone } = engine.source(job);
  const facts = await source.check(signal);
  const reports: BackfillReport[] = [];
  for (const target of await targetsOf(job, source, facts, signal)) {
    const plan = await resolveTarget(job, target, source, facts, timezone, signal);
    reports.push(await backfillPlan(engine, plan, options, signal));
  }
  return reports;
}

async function backfillPlan(engine: Engine, plan: JobPlan, options: BackfillOptions, signal: AbortSignal): Promise<BackfillReport> {
  const { store, holder, leaseTtlMs, clock, observer } = engine;
  const { source } = engine.source(plan.job);
  const sink = engine.sink(plan.job);
  const request = backfillRequest(plan, source, options);
  const startedAt = clock.now();
  const expected = await source.estimate({ ...request, page: null, limit: null }, signal);
  const tally = newTally();
  if (!options.dryRun) {
    const onWait = ({ holder: other }: { readonly holder: string }): void =>
      observer({ type: 'job.notice', job: plan.name, message: `waits for the lease that ${other} holds`, cure: null });
    await using lease = await holdLease(store, plan.name, { holder, ttlMs: leaseTtlMs, clock, wait: options.wait, onWait }, signal);
    await sink.prepare(plan.topic, signal);
    const context: CycleContext = {
      plan,
      source,
      sink,
      store,
      observer,
      clock,
      fence: lease.fence,
      tally,
      memory: newMemory(),
    };
    await publishAll(context, request, expected, AbortSignal.any([signal, lease.lost]));
  }
  return { job: plan.name, published: tally.published, bytes: tally.bytes, startedAt, endedAt: clock.now(), expected };
}

async function publishAll(
  context: CycleContext,
  request: Omit<ReadRequest, 'page' | 'limit'>,
  expected: number | null,
  signal: AbortSignal,
): Promise<void> {
  const { plan, source } = context;
  const publisher = openPublisher(context, await booksOf(context), expected, signal);
  const ordered = request.cursor.length + request.key.length > 0;
  try {
    for await (const batch of readPages(source, request, ordered ? plan.job.batch : null, signal)) {
      await publisher.publish(batch, everyRow(false));
    }
    await publisher.drain();
  } finally {
    await publisher.settle();
  }
}

/** It moves no mark, but what the poller remembers of an event that it replaces is no longer true. */
async function booksOf({ store, plan, fence }: CycleContext): Promise<Books> {
  const state = await store.load(plan.name);
  if (state === null) return noBooks;
  const ledger = new Ledger(state, (outcome) => commitState({ store, plan, fence }, { ...state, ...outcome }));
  return { ...noBooks, leaves: (event) => ledger.leaves(event), ready: () => ledger.ready() };
}

function backfillRequest(plan: JobPlan, source: Source, { from, to }: BackfillOptions): Omit<ReadRequest, 'page' | 'limit'> {
  const base = { ...requestOf(plan), recentFrom: null, sample: null };
  // The whole goes in key order where there is a key: rows without a cursor are part of it.
  if (from === null && to === null) {
    return { ...base, cursor: plan.key.length > 0 ? [] : plan.cursor, key: plan.key, window: { kind: 'all' } };
  }
  const [cursor] = plan.cursor;
  if (cursor === undefined) {
    throw new LiberateError('LIB110', `--from and --to need a cursor, and job "${plan.name}" has none`, { place: { job: plan.name } });
  }
  const mark = (text: string | null): string | null => (text === null ? null : source.parseCursor(text, cursor));
  return { ...base, window: { kind: 'range', from: mark(from), to: mark(to) } };
}
