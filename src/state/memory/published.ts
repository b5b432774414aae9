import type { LogSegment, PublishedBucket, PublishedExport, PublishedHead, PublishedSize } from '../../model/published.ts';
import type { PublishedStore } from '../published-store.ts';

interface Kept {
  head: PublishedHead | null;
  log: readonly LogSegment[];
  readonly buckets: Map<number, PublishedBucket>;
}

type Outcome = 'committed' | 'fenced';

/** `current`: is this still the job's newest fence? */
export class MemoryPublished implements PublishedStore {
  readonly #current: (job: string, fence: bigint) => boolean;
  readonly #jobs = new Map<string, Kept>();

  constructor(current: (job: string, fence: bigint) => boolean) {
    this.#current = current;
  }

  async head(job: string): Promise<PublishedHead | null> {
    return this.#of(job).head;
  }

  saveHead: PublishedStore['saveHead'] = (job, head, fence) =>
    this.#write(job, fence, (kept) => {
      kept.head = head;
    });

  async size(job: string): Promise<PublishedSize> {
    const { log, buckets } = this.#of(job);
    const pieces = [...buckets.values()].flatMap((bucket) => bucket.pieces);
    return {
      segments: log.length,
      logged: total(log, ({ entries }) => entries),
      entries: total(pieces, ({ entries }) => entries),
      bytes: total([...log, ...pieces], ({ data }) => data.length),
      last: Math.max(0, ...log.map(({ seq }) => seq), ...[...buckets.values()].map(({ upto }) => upto)),
      buckets: [...buckets.keys()].sort((a, b) => a - b),
    };
  }

  append: PublishedStore['append'] = (job, segments, sure, fence) =>
    this.#write(job, fence, (kept) => {
      const log = [...kept.log, ...segments.map((segment) => ({ ...segment, sure: false }))];
      kept.log = log.map((segment) => (sure.includes(segment.seq) ? { ...segment, sure: true } : segment));
    });

  log: PublishedStore['log'] = async (job, after, upto, most) =>
    this.#of(job)
      .log.filter(({ seq }) => seq > after && seq <= upto)
      .slice(0, most);

  dropLog: PublishedStore['dropLog'] = (job, upto, fence) =>
    this.#write(job, fence, (kept) => {
      kept.log = kept.log.filter(({ seq }) => seq > upto);
    });

  bucket: PublishedStore['bucket'] = async (job, bucket) => this.#of(job).buckets.get(bucket) ?? null;

  replace: PublishedStore['replace'] = (job, bucket, by, fence) =>
    this.#write(job, fence, ({ buckets }) => {
      buckets.delete(bucket);
      for (const one of by) buckets.set(one.bucket, { ...one, sure: true });
    });

  clear: PublishedStore['clear'] = (job, fence) => this.#write(job, fence, () => this.#jobs.delete(job));

  async dump(job: string): Promise<PublishedExport> {
    const { head, log, buckets } = this.#of(job);
    return { head, log, buckets: [...buckets.values()].sort((a, b) => a.bucket - b.bucket) };
  }

  restore: PublishedStore['restore'] = (job, { head, log, buckets }, fence) =>
    this.#write(job, fence, () => {
      this.#jobs.set(job, { head, log, buckets: new Map(buckets.map((one) => [one.bucket, one])) });
    });

  /** A reset of the job's progress. */
  doubt(job: string): void {
    const kept = this.#of(job);
    kept.log = kept.log.map((segment) => ({ ...segment, sure: false }));
    for (const [number, bucket] of kept.buckets) kept.buckets.set(number, { ...bucket, sure: false });
  }

  async #write(job: string, fence: bigint, change: (kept: Kept) => unknown): Promise<Outcome> {
    if (!this.#current(job, fence)) return 'fenced';
    change(this.#of(job));
    return 'committed';
  }

  #of(job: string): Kept {
    const found = this.#jobs.get(job) ?? { head: null, log: [], buckets: new Map() };
    this.#jobs.set(job, found);
    return found;
  }
}

const total = <T>(of: readonly T[], amount: (one: T) => number): number => of.reduce((sum, one) => sum + amount(one), 0);
