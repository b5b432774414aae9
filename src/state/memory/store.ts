import { type Clock, systemClock } from '../../kit/clock.ts';
import type { BackfillState } from '../../model/backfill.ts';
import type { CycleReport } from '../../model/report.ts';
import type { JobState } from '../../model/state.ts';
import { checkJobName } from '../job-name.ts';
import type { PublishedStore } from '../published-store.ts';
import { decodeBackfill, decodeState, encodeState, type StateColumns } from '../rows.ts';
import type { Acquired, LeaseRow, Renewal, Standing, StateStore, StoredJob } from '../state-store.ts';
import { MemoryPublished } from './published.ts';
import { MemoryRequests } from './requests.ts';

interface Held {
  readonly holder: string;
  readonly fence: bigint;
  readonly expiresAt: number;
  readonly wantedUntil: number;
}

interface Kept {
  readonly columns: StateColumns;
  readonly committedAt: number | null;
  readonly last: CycleReport | null;
  readonly lastOk: CycleReport | null;
  readonly publishedTotal: number;
  readonly failuresInARow: number;
}

const blank: Kept = {
  columns: encodeState(null),
  committedAt: null,
  last: null,
  lastOk: null,
  publishedTotal: 0,
  failuresInARow: 0,
};

/** Forgets everything when the process ends: for `preview` and for tests. States are kept as text, so nobody shares an object with it. */
class MemoryStore implements StateStore {
  readonly #clock: Clock;
  readonly #jobs = new Map<string, Kept>();
  readonly #backfills = new Map<string, StateColumns>();
  readonly #leases = new Map<string, Held>();
  readonly #published = new MemoryPublished((job, fence) => this.#leases.get(job)?.fence === fence);
  readonly requests: MemoryRequests;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.requests = new MemoryRequests(clock, (job, fence) => this.#leases.get(job)?.fence === fence);
  }

  get published(): PublishedStore {
    return this.#published;
  }

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
  }

  async load(job: string): Promise<JobState | null> {
    return decodeState(job, { ...this.#kept(job).columns });
  }

  async commit(job: string, state: JobState, fence: bigint): Promise<'committed' | 'fenced'> {
    return this.#write(job, state, fence);
  }

  async reset(job: string, fence: bigint): Promise<'committed' | 'fenced'> {
    const outcome = this.#write(job, null, fence);
    if (outcome === 'committed') this.#published.doubt(job);
    return outcome;
  }

  async record(...reports: readonly CycleReport[]): Promise<void> {
    for (const report of reports) this.#record(report);
  }

  #record(report: CycleReport): void {
    const kept = this.#kept(report.job);
    const failures = { ok: 0, failed: kept.failuresInARow + 1, stopped: kept.failuresInARow, skipped: kept.failuresInARow };
    this.#jobs.set(report.job, {
      ...kept,
      last: report,
      lastOk: report.outcome === 'ok' ? report : kept.lastOk,
      publishedTotal: kept.publishedTotal + report.published,
      failuresInARow: failures[report.outcome],
    });
  }

  async list(): Promise<readonly StoredJob[]> {
    const names = [...new Set([...this.#jobs.keys(), ...this.#leases.keys()])].sort();
    return await Promise.all(
      names.map(async (job) => {
        const { columns, ...kept } = this.#kept(job);
        const head = await this.#published.head(job);
        const publishedTotal = kept.publishedTotal + (head?.told ?? 0);
        const state = decodeState(job, { ...columns });
        return { job, state, ...kept, publishedTotal, lease: this.#lease(job), reconciled: head?.last ?? null };
      }),
    );
  }

  async loadBackfill(job: string): Promise<BackfillState | null> {
    checkJobName(job);
    const columns = this.#backfills.get(job);
    return columns === undefined ? null : decodeBackfill(job, { ...columns });
  }

  async commitBackfill(job: string, backfill: BackfillState, fence: bigint): Promise<'committed' | 'fenced'> {
    if (this.#leases.get(job)?.fence !== fence) return 'fenced';
    this.#backfills.set(job, encodeState(backfill));
    return 'committed';
  }

  async acquire(job: string, holder: string, ttlMs: number, standing: Standing = 'takes'): Promise<Acquired> {
    checkJobName(job);
    const now = this.#clock.now();
    const held = this.#leases.get(job) ?? { holder: '', fence: 0n, expiresAt: 0, wantedUntil: 0 };
    const wanted = standing === 'yields' && held.wantedUntil > now;
    if ((held.expiresAt > now && held.holder !== holder) || wanted) {
      if (standing === 'wants') this.#leases.set(job, { ...held, wantedUntil: now + ttlMs });
      return { ok: false, holder: held.holder, msLeft: Math.max(held.expiresAt - now, wanted ? held.wantedUntil - now : 0) };
    }
    const fence = held.fence + 1n;
    this.#leases.set(job, { holder, fence, expiresAt: now + ttlMs, wantedUntil: standing === 'wants' ? 0 : held.wantedUntil });
    return { ok: true, fence };
  }

  async renew(job: string, fence: bigint, ttlMs: number): Promise<Renewal> {
    const held = this.#leases.get(job);
    if (held === undefined || held.fence !== fence || held.expiresAt === 0) return 'lost';
    this.#leases.set(job, { ...held, expiresAt: this.#clock.now() + ttlMs });
    return { asked: this.requests.stands(job), wanted: held.wantedUntil > this.#clock.now() };
  }

  async release(job: string, fence: bigint): Promise<void> {
    const held = this.#leases.get(job);
    if (held?.fence === fence) this.#leases.set(job, { ...held, expiresAt: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #write(job: string, state: JobState | null, fence: bigint): 'committed' | 'fenced' {
    if (this.#leases.get(job)?.fence !== fence) return 'fenced';
    const committedAt = state === null ? null : this.#clock.now();
    this.#jobs.set(job, { ...this.#kept(job), columns: encodeState(state), committedAt });
    return 'committed';
  }

  #kept(job: string): Kept {
    checkJobName(job);
    return this.#jobs.get(job) ?? blank;
  }

  #lease(job: string): LeaseRow | null {
    const held = this.#leases.get(job);
    if (held === undefined) return null;
    return { holder: held.holder, fence: held.fence, msLeft: Math.max(0, held.expiresAt - this.#clock.now()) };
  }
}

export function openMemoryState({ clock = systemClock }: { readonly clock?: Clock } = {}): StateStore {
  return new MemoryStore(clock);
}
