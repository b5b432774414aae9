import type { ReconcileReport } from '../model/published.ts';
import type { CycleReport } from '../model/report.ts';
import type { LiberateEvent } from '../observe/event.ts';

/** What went wrong, as it was told. */
export interface Trouble {
  readonly code: string | null;
  readonly reason: string;
  /** Milliseconds since 1970 of the first of those in a row. */
  readonly since: number;
}

export interface Reconciles {
  readonly count: number;
  /** Milliseconds of work, without the polls in between. */
  readonly ms: number;
  /** Rows read. */
  readonly rows: number;
  readonly published: number;
  readonly tombstones: number;
  readonly endedAt: number;
}

/** What this process has heard of a job since it began. Times are milliseconds. */
export interface JobFigures {
  readonly job: string;
  /** Empty until the job has met its relation. */
  topic: string;
  readonly cycles: Record<CycleReport['outcome'], number>;
  /** Milliseconds of all cycles together. */
  cycleMs: number;
  published: number;
  bytes: number;
  repeated: number;
  nulls: number;
  retries: number;
  /** Rows that the newest cycle met again. */
  metAgain: number;
  lagMs: number | null;
  markAt: number | null;
  lookbackMs: number | null;
  lastOkAt: number | null;
  failures: number;
  failure: Trouble | null;
  /** Tries of what is failing just now; the job is neither well nor has it failed. */
  retrying: (Trouble & { readonly attempt: number }) | null;
  held: boolean;
  /** Of all reconciles together, and when the last one ended; null: there was none. */
  reconciles: Reconciles | null;
  /** Rows of the cycle under way, which are in `published` already. */
  underWay: number;
  /** The newest progress event of that cycle: a further try counts from zero again. */
  told: number;
}

const newFigures = (job: string): JobFigures => ({
  job,
  topic: '',
  cycles: { ok: 0, failed: 0, stopped: 0, skipped: 0 },
  cycleMs: 0,
  published: 0,
  bytes: 0,
  repeated: 0,
  nulls: 0,
  retries: 0,
  metAgain: 0,
  lagMs: null,
  markAt: null,
  lookbackMs: null,
  lastOkAt: null,
  failures: 0,
  failure: null,
  retrying: null,
  held: false,
  reconciles: null,
  underWay: 0,
  told: 0,
});

/** Listens; an event costs a few additions, a row nothing. */
export class Figures {
  readonly #jobs = new Map<string, JobFigures>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** In name order. */
  all(): readonly JobFigures[] {
    return [...this.#jobs.values()].sort((a, b) => (a.job < b.job ? -1 : 1));
  }

  hear(event: LiberateEvent): void {
    switch (event.type) {
      case 'job.start':
        this.#started(event);
        break;
      case 'job.lease': {
        const job = this.#of(event.job);
        job.held = event.held;
        // The state store, which keeps the leases, answers again.
        if (event.held) job.retrying = null;
        break;
      }
      case 'cycle.progress':
        progress(this.#of(event.job), event.rows);
        break;
      case 'cycle.retry': {
        const job = this.#of(event.job);
        const { attempt, code, reason } = event;
        job.retries += 1;
        job.retrying = { attempt, code, reason, since: job.retrying?.since ?? this.#now() };
        break;
      }
      case 'reconcile.end':
        reconciled(this.#of(event.job), event.report);
        break;
      case 'cycle.end':
        ended(this.#of(event.report.job), event);
        break;
    }
  }

  #started({ job: name, topic, lookback }: Extract<LiberateEvent, { readonly type: 'job.start' }>): void {
    const job = this.#of(name);
    job.topic = topic;
    job.lookbackMs = lookback?.ms ?? null;
    // Until the tables of a wildcard are known, what fails bears the job's own name.
    const slash = name.indexOf('/');
    if (slash > 0) this.#jobs.delete(name.slice(0, slash));
  }

  #of(name: string): JobFigures {
    const known = this.#jobs.get(name) ?? newFigures(name);
    this.#jobs.set(name, known);
    return known;
  }
}

function progress(job: JobFigures, rows: number): void {
  const more = rows < job.told ? rows : rows - job.told;
  job.told = rows;
  job.underWay += more;
  job.published += more;
}

function reconciled(job: JobFigures, { ms, rows, published, tombstones, endedAt }: ReconcileReport): void {
  const before = job.reconciles ?? { count: 0, ms: 0, rows: 0, published: 0, tombstones: 0 };
  job.published += published + tombstones;
  job.reconciles = {
    count: before.count + 1,
    ms: before.ms + ms,
    rows: before.rows + rows,
    published: before.published + published,
    tombstones: before.tombstones + tombstones,
    endedAt,
  };
}

function ended(job: JobFigures, { report, guarantee }: Extract<LiberateEvent, { readonly type: 'cycle.end' }>): void {
  const { outcome, endedAt, published, code, reason } = report;
  job.cycles[outcome] += 1;
  job.cycleMs += endedAt - report.startedAt;
  job.published += Math.max(0, published - job.underWay);
  job.underWay = 0;
  job.told = 0;
  job.bytes += report.bytes;
  job.repeated += report.repeated;
  job.nulls += report.nulls;
  job.lagMs = report.lagMs ?? job.lagMs;
  job.markAt = report.markAt ?? job.markAt;
  job.lookbackMs = guarantee?.()?.lookback?.ms ?? job.lookbackMs;
  if (outcome === 'skipped') return;
  job.metAgain = report.repeated;
  job.retrying = null;
  if (outcome === 'ok') {
    job.lastOkAt = endedAt;
    job.failures = 0;
    job.failure = null;
  } else if (outcome === 'failed') {
    job.failures += 1;
    job.failure = { code, reason: reason ?? 'failed', since: job.failure?.since ?? endedAt };
  }
}
