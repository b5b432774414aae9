import { LiberateError } from '../kit/errors.ts';
import type { PublishedHead, PublishedSegment } from '../model/published.ts';
import type { Sink } from '../sink/sink.ts';
import type { CycleContext } from './cycle.ts';
import { newSeed, type Seed, seedOf } from './event-digest.ts';
import type { JobPlan } from './job-plan.ts';
import type { SegmentWriter } from './published-segment.ts';

/** Does the job remember what it has published, so that it can tell deletes? A stream that nobody keeps folds to nothing. */
export function remembers({ plan, sink }: { readonly plan: JobPlan; readonly sink: Pick<Sink, 'kind'> }): boolean {
  return plan.key.length > 0 && sink.kind !== 'stdout' && (plan.mode === 'bulk' || plan.job.reconcile !== null);
}

type LogContext = Pick<CycleContext, 'plan' | 'sink' | 'store' | 'clock' | 'fence' | 'memory'>;

/**
 * The log of what the job publishes. A key stands in it, durably, before its event leaves: whatever happens then, the key
 * is never forgotten, and so neither is the tombstone of its row. What the event was counts only once it has been
 * acknowledged; until then, and for ever where nobody learnt of it, its digest is taken for unknown.
 */
export class PublishedLog {
  readonly fence: bigint;
  /** Of the digests of its events. */
  readonly seed: Seed;
  readonly #context: LogContext;
  #head: PublishedHead;
  #last: number;
  #sure: number[] = [];
  #written: Promise<void> = Promise.resolve();

  private constructor(context: LogContext, head: Seeded, last: number) {
    this.#context = context;
    this.fence = context.fence;
    this.seed = seedOf(head.seed);
    this.#head = head;
    this.#last = last;
  }

  /** Of the lease that is held: the numbers go on from what is stored. */
  static async open(context: LogContext): Promise<PublishedLog> {
    const { plan, sink, store, clock, fence } = context;
    const { published } = store;
    const found = await published.head(plan.name);
    const [sinkName, topic] = [sink.name, plan.topic.name];
    if (found !== null && found.sink === sinkName && found.topic === topic) {
      const head = await seeded(context, found);
      return new PublishedLog(context, head, (await published.size(plan.name)).last);
    }
    // Another stream: nothing that was published to the old one stands in it.
    if (found !== null) checked(plan, await published.clear(plan.name, fence));
    const state = await store.load(plan.name);
    const adopted = state !== null && (state.loaded || state.mark !== null);
    const head = { sink: sinkName, topic, begun: clock.now(), adopted, told: found?.told ?? 0, seed: newSeed(), last: null };
    checked(plan, await published.saveHead(plan.name, head, fence));
    return new PublishedLog(context, head, 0);
  }

  get head(): PublishedHead {
    return this.#head;
  }

  /** The highest number given away. */
  get last(): number {
    return this.#last;
  }

  /** Resolves with the segment's number once it is durable. */
  async append(entries: SegmentWriter): Promise<number> {
    const seq = this.#last + 1;
    this.#last = seq;
    const segment = { seq, entries: entries.count, data: entries.take() };
    await this.#write([segment]);
    return seq;
  }

  /** Every event of these segments was acknowledged; written with the next append, or by `flush`. */
  acknowledged(segments: readonly number[]): void {
    this.#sure.push(...segments);
  }

  async flush(): Promise<void> {
    if (this.#sure.length > 0) await this.#write([]);
  }

  async saveHead(head: PublishedHead): Promise<void> {
    const { plan, store } = this.#context;
    checked(plan, await store.published.saveHead(plan.name, head, this.fence));
    this.#head = head;
  }

  /** One write after the other: two at once could wait for each other in the store. */
  #write(segments: readonly PublishedSegment[]): Promise<void> {
    const { plan, store } = this.#context;
    const done = this.#written.then(async () => {
      const sure = this.#sure;
      this.#sure = [];
      // A write that fails leaves them unsure, which is safe.
      checked(plan, await store.published.append(plan.name, segments, sure, this.fence));
    });
    this.#written = done.catch(() => undefined);
    return done;
  }
}

type Seeded = PublishedHead & { readonly seed: string };

/** A log of before there were seeds: nothing in it has been digested under the one that it gets. */
async function seeded({ plan, store, fence }: LogContext, head: PublishedHead): Promise<Seeded> {
  if (head.seed !== null) return { ...head, seed: head.seed };
  const now = { ...head, seed: newSeed() };
  checked(plan, await store.published.saveHead(plan.name, now, fence));
  return now;
}

/** The log of the lease that is held, opened at its first use. */
export function openLog(context: LogContext): Promise<PublishedLog> {
  const { memory, fence } = context;
  const { published } = memory;
  if (published !== null && published.fence === fence) return published.log;
  const log = PublishedLog.open(context);
  memory.published = { fence, log };
  // One that could not be opened is opened anew.
  log.catch(() => {
    if (memory.published?.log === log) memory.published = null;
  });
  return log;
}

/** LIB407 once another runner holds the job. */
export function checked({ name }: Pick<JobPlan, 'name'>, outcome: 'committed' | 'fenced'): void {
  if (outcome === 'committed') return;
  throw new LiberateError('LIB407', 'another runner has taken the job over; what it has published stands', { place: { job: name } });
}
