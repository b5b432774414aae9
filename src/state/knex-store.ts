import type { Knex } from 'knex';
import { orAbort, throwIfAborted } from '../kit/abort.ts';
import { LiberateError } from '../kit/errors.ts';
import type { BackfillState } from '../model/backfill.ts';
import type { CycleReport } from '../model/report.ts';
import type { JobState } from '../model/state.ts';
import { fromNow, type StateDatabase } from './database.ts';
import { checkJobName } from './job-name.ts';
import { KnexPublished } from './knex-published.ts';
import { KnexRequests } from './knex-requests.ts';
import { migrate } from './migrate.ts';
import { tables } from './migrations.ts';
import type { PublishedStore } from './published-store.ts';
import { type HeldFence, Renewals, type Renewed } from './renewals.ts';
import type { RequestStore } from './request-store.ts';
import { decodeBackfill, decodeJob, decodeLease, decodeState, encodeState, integer, type Row } from './rows.ts';
import type { Acquired, Renewal, Standing, StateStore, StoredJob } from './state-store.ts';
import { inTransaction, patiently } from './transaction.ts';

type Changes = Readonly<Record<string, string | number | null | Knex.Raw>>;

/** The StateStore of every SQL database; `createdBy` is kept in the schema for whoever looks into it. */
export class KnexStore implements StateStore {
  readonly #database: StateDatabase;
  readonly #createdBy: string;
  readonly #closed = new AbortController();
  readonly #renewals = new Renewals((leases, ttlMs) => this.#renewAll(leases, ttlMs));
  readonly published: PublishedStore = new KnexPublished({
    about: (job, work) => this.#about(job, work),
    fenced: (job, fence, write) => this.#fenced(job, fence, write),
  });
  readonly requests: RequestStore;
  #pool: Knex | null = null;

  constructor(database: StateDatabase, createdBy: string) {
    this.#database = database;
    this.#createdBy = createdBy;
    this.requests = new KnexRequests({
      about: (job, work) => this.#about(job, work),
      transaction: (job, work) => this.#about(job, (db) => inTransaction(database, db, work)),
      fenced: (job, fence, write) => this.#fenced(job, fence, write),
      clock: database.clock,
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    // Before anything is begun: orAbort would leave the work's own failure to nobody.
    throwIfAborted(signal);
    const database = this.#database;
    const opening = patiently(database, this.#closed.signal, async () => {
      const db = await this.#connected();
      await database.inspect(db);
      // Without the lock statement: the tables that it names may not be there yet; lockSchema stands in for it.
      await inTransaction({ ...database, lock: null }, db, (trx) => migrate(trx, database, this.#createdBy));
      await database.settle(db);
    });
    await orAbort(opening, signal);
  }

  load(job: string): Promise<JobState | null> {
    return this.#about(job, async (db) => {
      const rows: readonly Row[] = await db(tables.job).select('state', 'state_sum').where({ job });
      return rows[0] === undefined ? null : decodeState(job, rows[0]);
    });
  }

  commit(job: string, state: JobState, fence: bigint): Promise<'committed' | 'fenced'> {
    const columns = encodeState(state);
    return this.#fenced(job, fence, (trx) => this.#put(trx, job, { ...columns, committed_at: trx.raw(this.#database.clock) }));
  }

  reset(job: string, fence: bigint): Promise<'committed' | 'fenced'> {
    return this.#fenced(job, fence, async (trx) => {
      await this.#put(trx, job, { ...encodeState(null), committed_at: null });
      await trx(tables.published).where({ job }).update({ sure: 0 });
    });
  }

  async record(...reports: readonly CycleReport[]): Promise<void> {
    for (const { job } of reports) checkJobName(job);
    // In one order everywhere: two processes that keep the same jobs must not wait for each other.
    const sorted = [...reports].sort((a, b) => (a.job < b.job ? -1 : 1));
    await this.#run((db) =>
      inTransaction(this.#database, db, async (trx) => {
        for (const group of groupsOf(sorted)) await this.#keep(trx, group);
      }),
    );
  }

  list(): Promise<readonly StoredJob[]> {
    return this.#run(async (db) => {
      const jobs: readonly Row[] = await db(tables.job).select('*');
      const leases: readonly Row[] = await db(tables.lease).select('job', 'holder', 'fence', this.#msLeft(db));
      const heads: readonly Row[] = await db(tables.publishedHead).select('*');
      const [rowOf, leaseOf, headOf] = [jobs, leases, heads].map((rows) => new Map(rows.map((row) => [String(row['job']), row]))) as [
        Map<string, Row>,
        Map<string, Row>,
        Map<string, Row>,
      ];
      const names = [...new Set([...rowOf.keys(), ...leaseOf.keys()])].sort();
      return names.map((job) => decodeJob(job, rowOf.get(job), leaseOf.get(job), headOf.get(job)));
    });
  }

  loadBackfill(job: string): Promise<BackfillState | null> {
    return this.#about(job, async (db) => {
      const rows: readonly Row[] = await db(tables.backfill).select('state', 'state_sum').where({ job });
      return rows[0] === undefined ? null : decodeBackfill(job, rows[0]);
    });
  }

  commitBackfill(job: string, backfill: BackfillState, fence: bigint): Promise<'committed' | 'fenced'> {
    const columns = { ...encodeState(backfill) };
    return this.#fenced(job, fence, async (trx) => {
      await trx(tables.backfill)
        .insert({ job, ...columns })
        .onConflict('job')
        .merge();
    });
  }

  acquire(job: string, holder: string, ttlMs: number, standing: Standing = 'takes'): Promise<Acquired> {
    return this.#about(job, (db) =>
      inTransaction(this.#database, db, async (trx) => {
        const row = await this.#lockedLease(trx, job);
        const held = decodeLease(row);
        const wantedMs = Number(integer(row['wanted_ms'], 'the time for which a lease is wanted'));
        const wanted = standing === 'yields' && wantedMs > 0;
        const lease = (): Knex.QueryBuilder => trx(tables.lease).where({ job });
        if ((held.msLeft > 0 && held.holder !== holder) || wanted) {
          // Not by each try: one that waits tries each second.
          if (standing === 'wants' && wantedMs < ttlMs / 2) await lease().update({ wanted_until: this.#fromNow(trx, ttlMs) });
          return { ok: false, holder: held.holder, msLeft: Math.max(held.msLeft, wanted ? wantedMs : 0) };
        }
        const fence = held.fence + 1n;
        const kept = { holder, fence: trx.raw(String(fence)), expires_at: this.#fromNow(trx, ttlMs) };
        // Others that want it say so again.
        await lease().update(standing === 'wants' ? { ...kept, wanted_until: 0 } : kept);
        return { ok: true, fence };
      }),
    );
  }

  async renew(job: string, fence: bigint, ttlMs: number): Promise<Renewal> {
    checkJobName(job);
    return await this.#renewals.renew(job, fence, ttlMs);
  }

  async release(job: string, fence: bigint): Promise<void> {
    await this.#about(job, (db) => this.#leaseWith(db, job, fence).update({ expires_at: 0 }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    const pool = this.#pool;
    this.#pool = null;
    await pool?.destroy();
  }

  async #connected(): Promise<Knex> {
    this.#pool ??= await this.#database.connect();
    // Closed while it was being opened: nobody else will destroy this pool.
    if (this.#closed.signal.aborted) {
      await this.#pool.destroy();
      throw new LiberateError('LIB901', 'the state store was closed while it was being opened');
    }
    return this.#pool;
  }

  /** Progress changes only under the newest fence. The lease's row is locked, so no taking of it can slip between the look and the write. */
  #fenced(job: string, fence: bigint, write: (trx: Knex.Transaction) => Promise<void>): Promise<'committed' | 'fenced'> {
    return this.#about(job, (db) =>
      inTransaction(this.#database, db, async (trx) => {
        const rows: readonly Row[] = await trx(tables.lease).select('fence').where({ job }).forUpdate();
        const newest = rows[0]?.['fence'];
        if (newest === undefined || integer(newest, 'the fence of a lease') !== fence) return 'fenced';
        await write(trx);
        return 'committed';
      }),
    );
  }

  async #keep(trx: Knex.Transaction, reports: readonly [CycleReport, ...CycleReport[]]): Promise<void> {
    const [first] = reports;
    if (!isQuiet(first)) return this.#put(trx, first.job, changesOf(trx, first));
    const rows = reports.map((report) => {
      const text = JSON.stringify(report);
      return { job: report.job, last_report: text, last_ok_report: text, failures_in_a_row: 0 };
    });
    await trx(tables.job).insert(rows).onConflict('job').merge(['last_report', 'last_ok_report', 'failures_in_a_row']);
  }

  async #put(trx: Knex.Transaction, job: string, changes: Changes): Promise<void> {
    if ((await trx(tables.job).where({ job }).update(changes)) === 1) return;
    // Two first writers race here: one inserts, the other waits for it, inserts nothing and updates that row.
    await trx(tables.job).insert({ job }).onConflict('job').ignore();
    await trx(tables.job).where({ job }).update(changes);
  }

  async #lockedLease(trx: Knex.Transaction, job: string): Promise<Row> {
    const select = (): Promise<readonly Row[]> =>
      trx(tables.lease)
        .select('holder', 'fence', this.#msLeft(trx), trx.raw(`wanted_until - ${this.#database.clock} as wanted_ms`))
        .where({ job })
        .forUpdate() as unknown as Promise<readonly Row[]>;
    const [found] = await select();
    if (found !== undefined) return found;
    await trx(tables.lease).insert({ job, holder: '', fence: 0, expires_at: 0 }).onConflict('job').ignore();
    const [made] = await select();
    return made as Row;
  }

  #renewAll(leases: readonly HeldFence[], ttlMs: number): Promise<Renewed> {
    return this.#run(async (db) => {
      // Written by hand: built condition by condition, it costs a quiet process more than its polls.
      const each = leases.map(({ fence }) => `(job = ? and fence = ${fence})`).join(' or ');
      const jobs = leases.map(({ job }) => job);
      const ours = (): Knex.QueryBuilder =>
        // A released lease stays released: the renewal may have been on its way, on another connection, when it was given up.
        db(tables.lease).whereRaw(`expires_at > 0 and (${each})`, jobs);
      const count = await ours().update({ expires_at: this.#fromNow(db, ttlMs) });
      // What is ours now was ours a moment ago: a fence never comes back.
      const still = count === leases.length ? leases : ((await ours().select('job')) as readonly Row[]);
      // As a rule there is none of either, whatever the number of jobs.
      const now = db.raw(this.#database.clock);
      const told: readonly Row[] = await db(tables.request)
        .select('job', db.raw('0 as wanted'))
        .where('expires_at', '>', now)
        .unionAll(db(tables.lease).select('job', db.raw('1 as wanted')).where('wanted_until', '>', now));
      const jobsOf = (which: bigint): ReadonlySet<string> =>
        new Set(told.filter(({ wanted }) => integer(wanted, 'what a renewal tells') === which).map(({ job }) => String(job)));
      const [asked, wanted] = [jobsOf(0n), jobsOf(1n)];
      return new Map(still.map(({ job }) => [String(job), { asked: asked.has(String(job)), wanted: wanted.has(String(job)) }]));
    });
  }

  #leaseWith(db: Knex, job: string, fence: bigint): Knex.QueryBuilder {
    // Digits in the text, not a bind: MySQL compares a bound text with a BIGINT as doubles.
    return db(tables.lease).where({ job, fence: db.raw(String(fence)) });
  }

  #msLeft(db: Knex): Knex.Raw {
    return db.raw(`expires_at - ${this.#database.clock} as ms_left`);
  }

  #fromNow(db: Knex, ms: number): Knex.Raw {
    return fromNow(db, this.#database.clock, ms);
  }

  async #about<T>(job: string, work: (db: Knex) => Promise<T>): Promise<T> {
    checkJobName(job);
    try {
      return await this.#run(work);
    } catch (thrown) {
      throw thrown instanceof LiberateError ? thrown.at({ job }) : thrown;
    }
  }

  #run<T>(work: (db: Knex) => Promise<T>): Promise<T> {
    return patiently(this.#database, this.#closed.signal, async () => {
      if (this.#pool === null) throw new LiberateError('LIB901', 'the state store is not open');
      return await work(this.#pool);
    });
  }
}

/** Nothing is added to what is there: one statement keeps many of them. */
const isQuiet = ({ outcome, published }: CycleReport): boolean => outcome === 'ok' && published === 0;

/** Reports of one statement. */
const mostTogether = 200;

/** Quiet neighbours together, others each alone. A job that is there twice must not meet itself in one statement. */
function groupsOf(reports: readonly CycleReport[]): readonly (readonly [CycleReport, ...CycleReport[]])[] {
  const groups: [CycleReport, ...CycleReport[]][] = [];
  for (const report of reports) {
    const last = groups.at(-1);
    const joins =
      last !== undefined && last.length < mostTogether && isQuiet(report) && isQuiet(last[0]) && last.at(-1)?.job !== report.job;
    if (joins) last.push(report);
    else groups.push([report]);
  }
  return groups;
}

function changesOf(trx: Knex.Transaction, report: CycleReport): Changes {
  const text = JSON.stringify(report);
  const byOutcome: Record<CycleReport['outcome'], Changes> = {
    ok: { last_ok_report: text, failures_in_a_row: 0 },
    failed: { failures_in_a_row: trx.raw('failures_in_a_row + 1') },
    stopped: {},
    skipped: {},
  };
  return { last_report: text, published_total: trx.raw('published_total + ?', [report.published]), ...byOutcome[report.outcome] };
}
