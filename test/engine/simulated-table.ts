import fc from 'fast-check';
import { Ledger } from '../../src/engine/ledger.ts';
import type { Encode, Progress, Tracker } from '../../src/engine/tracker.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import { batchOfRows, type Row, rowsOf } from '../../src/model/row.ts';
import type { Ended, Horizon, Watermark } from '../../src/model/watermark.ts';

/** A row as it is committed. `id`: what orders rows of one stamp, and the cursor of an incrementing table. */
export interface Stored {
  readonly id: number;
  readonly stamp: number;
  readonly value: string;
  /** Number of the transaction that wrote it. */
  readonly xid?: number;
}

/** What happens to a table: three sessions whose transactions begin, write, end, while the server's clock goes on. */
export type Step =
  | { readonly kind: 'begin'; readonly session: number }
  | { readonly kind: 'write'; readonly session: number; readonly key: number; readonly value: number }
  | { readonly kind: 'end'; readonly session: number; readonly commits: boolean }
  | { readonly kind: 'tick'; readonly by: number };

/** One poll: what happens between its pages, and whether it is cut short after one of its marks. */
export interface Poll {
  readonly kind: 'poll';
  readonly between: readonly (readonly Step[])[];
  readonly crash: {
    readonly afterPage: number;
    readonly mark: number;
    /** What was on its way behind the mark has arrived; otherwise nothing of it has. */
    readonly arrived: boolean;
    /** The mark is committed before the next page is read; otherwise as the last thing of all. */
    readonly early: boolean;
  } | null;
}

const session = fc.nat(2);
export const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('begin' as const), session }),
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), session, key: fc.nat(4), value: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), session, commits: fc.nat(3).map((n) => n > 0) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tick' as const), by: fc.integer({ min: 1, max: 12 }) }) },
);
export const poll: fc.Arbitrary<Poll> = fc.record({
  kind: fc.constant('poll' as const),
  between: fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 4 }),
  crash: fc.option(fc.record({ afterPage: fc.nat(3), mark: fc.nat(5), arrived: fc.boolean(), early: fc.boolean() }), { freq: 2 }),
});
export const history = fc.array(fc.oneof({ weight: 3, arbitrary: step }, poll), { maxLength: 60, size: 'max' });

interface Transaction {
  readonly began: number;
  /** Given with the first write. */
  xid: number | null;
  readonly rows: Map<number, Stored>;
}

export interface TableOptions {
  /** Transactions stamp with their own beginning (PostgreSQL's now()), or with the statement's (MySQL's). */
  readonly stampOf: 'transaction' | 'statement';
  /** Stamps are whole multiples of this. */
  readonly precision: number;
  /** Nobody sees which transactions are open: they are taken to have ended after so long. None: they are seen. */
  readonly assumed?: number;
  /** Each write is a new row with the next id; otherwise it is one of five keys. */
  readonly appends: boolean;
}

/** A table under concurrent transactions, seen as a source sees it: only what is committed, and what the server tells of the rest. */
export class SimulatedTable {
  readonly committed = new Map<number, Stored>();
  readonly #open = new Map<number, Transaction>();
  readonly #options: TableOptions;
  #now = 1000;
  #nextId = 0;
  #nextXid = 3;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  apply(step: Step): void {
    if (step.kind === 'tick') {
      this.#now += step.by;
      return;
    }
    const open = this.#open.get(step.session);
    if (step.kind === 'end') {
      if (open !== undefined) this.#end(step.session, open, step.commits);
      return;
    }
    const transaction = open ?? { began: this.#now, xid: null, rows: new Map<number, Stored>() };
    this.#open.set(step.session, transaction);
    if (step.kind === 'write') this.#write(transaction, step.key, step.value);
  }

  endAll(): void {
    for (const [session, transaction] of this.#open) this.#end(session, transaction, true);
  }

  /** What a read at READ UNCOMMITTED finds. */
  standing(): readonly number[] {
    return [...this.committed.keys(), ...[...this.#open.values()].flatMap(({ rows }) => [...rows.keys()])];
  }

  horizon(): Horizon {
    const { assumed } = this.#options;
    if (assumed !== undefined) return { now: BigInt(this.#now), floor: BigInt(this.#now - assumed), method: 'assumed', hidden: true };
    const oldest = Math.min(this.#now, ...[...this.#open.values()].map(({ began }) => began));
    const { precision } = this.#options;
    return {
      now: BigInt(this.#now),
      floor: BigInt(precision === 1 ? oldest : oldest - precision),
      method: 'simulated',
      ended: this.#ended(),
    };
  }

  #ended(): Ended {
    const running = [...this.#open.values()].flatMap(({ xid }) => (xid === null ? [] : [xid]));
    return { server: 'simulated', below: BigInt(Math.min(this.#nextXid, ...running)) };
  }

  #write(transaction: Transaction, wanted: number, value: number): void {
    const { stampOf, precision, appends } = this.#options;
    if (appends) this.#nextId += 1;
    const id = appends ? this.#nextId : wanted;
    const locked = [...this.#open.values()].some((other) => other !== transaction && other.rows.has(id));
    if (locked) return;
    transaction.xid ??= this.#nextXid++;
    const exact = stampOf === 'transaction' ? transaction.began : this.#now;
    transaction.rows.set(id, { id, stamp: exact - (exact % precision), value: `v${value}`, xid: transaction.xid });
  }

  #end(session: number, { rows }: Transaction, commits: boolean): void {
    this.#open.delete(session);
    if (commits) for (const row of rows.values()) this.committed.set(row.id, row);
  }
}

export interface Polled {
  readonly state: Progress;
  /** Keys in the order in which their rows were acknowledged, with the bytes of each. */
  readonly published: readonly (readonly [key: number, value: string])[];
}

export interface PollSetup {
  readonly table: SimulatedTable;
  readonly before: Progress;
  readonly plan: Omit<Poll, 'kind'>;
  open(horizon: Horizon, encode: Encode): Tracker;
  /** The rows after a position in the tracker's window, in reading order. */
  read(tracker: Tracker, rows: readonly Stored[], page: Row | null): readonly Row[];
  rowOf(row: Row): Stored;
  /** The row's bytes. */
  encode(row: Stored): string;
}

const pageRows = 2;

/** A cycle as the engine runs it: horizon, then page by page, then the end; or cut short with only a part acknowledged. */
export async function runPoll({ table, before, plan, open, read, rowOf, encode }: PollSetup): Promise<Polled> {
  const { crash } = plan;
  const encodeRow: Encode = (rows, at, into) => {
    const stored = rowOf(rowsOf(rows)[at] as Row);
    into.add({ key: Buffer.from(String(stored.id)), value: Buffer.from(encode(stored)), timestamp: '0' });
  };
  const event = new RecordBatch({}, 64);
  const tracker = open(table.horizon(), encodeRow);
  let state = before;
  const ledger = new Ledger({ ...before, loaded: true }, ({ loaded: _, ...progress }) => {
    state = progress;
    return Promise.resolve();
  });
  const happens = (at: number): void => {
    for (const one of plan.between[at] ?? []) table.apply(one);
  };
  const reach = ({ mark }: Mark): Promise<void> => ledger.commit({ ...tracker.at(mark), loaded: true });
  happens(0);
  const published: (readonly [number, string])[] = [];
  const marks: Mark[] = [];
  let page: Row | null = null;
  let committed: Mark | null = null;
  for (let number = 0; ; number += 1) {
    const rows = read(tracker, [...table.committed.values()], page).slice(0, pageRows);
    const batch = batchOfRows(rows, null);
    for (const [at, row] of rows.entries()) {
      const stored = rowOf(row);
      event.clear();
      encodeRow(batch, at, event);
      const leaves = tracker.meet(batch, at, event);
      // A batch of the outbox may end anywhere.
      const before = tracker.markBefore(batch, at);
      if (before !== null) marks.push({ mark: before, published: published.length });
      if (leaves) {
        ledger.leaves(event);
        published.push([stored.id, encode(stored)]);
      }
    }
    const mark = tracker.met(batch);
    if (mark !== null) marks.push({ mark, published: published.length });
    await ledger.ready();
    if (crash?.early === true && committed === null) {
      committed = marks[crash.mark] ?? null;
      if (committed !== null) await reach(committed);
    }
    if (crash !== null && number >= crash.afterPage) {
      if (committed === null && !crash.early) {
        committed = marks[crash.mark % Math.max(1, marks.length)] ?? null;
        if (committed !== null) await reach(committed);
      }
      return { state, published: crash.arrived ? published : published.slice(0, committed?.published ?? 0) };
    }
    if (rows.length < pageRows) return { state: tracker.end(), published };
    page = rows.at(-1) ?? null;
    happens(number + 1);
  }
}

/** A position that can be committed, and how many rows were published up to it. */
interface Mark {
  readonly mark: Watermark;
  readonly published: number;
}

export const calm: Omit<Poll, 'kind'> = { between: [], crash: null };

/** `WHERE`, `ORDER BY` and the flags of a stamp window, as the planner writes them. */
export function readByStamp(tracker: Tracker, rows: readonly Stored[], page: Row | null): readonly Row[] {
  const { window } = tracker;
  const after = (one: Stored, [stamp, id]: readonly string[]): boolean =>
    one.stamp > Number(stamp) || (one.stamp === Number(stamp) && one.id > Number(id));
  const inWindow = (one: Stored): boolean => {
    if (window.kind !== 'after') return true;
    const [stamp] = window.mark;
    const floor = window.floor === null ? null : Number(window.floor);
    const least = floor === null ? Number(stamp) : Math.min(Number(stamp), floor);
    if (floor === null && !window.tied) return after(one, window.mark);
    if (one.stamp < least) return false;
    if (window.fresh != null)
      return (window.tied ? one.stamp >= Number(stamp) : after(one, window.mark)) || BigInt(one.xid as number) >= window.fresh.below;
    return window.tied || floor === null || after(one, window.mark) || one.stamp >= floor;
  };
  const floorless = window.kind !== 'after' || window.floor === null;
  const final = (one: Stored): boolean =>
    tracker.below === null || one.stamp < Number(tracker.below) || (!floorless && one.stamp <= Number(window.mark[0]));
  return rows
    .filter((one) => inWindow(one) && final(one) && (page === null || after(one, page.position)))
    .sort((a, b) => a.stamp - b.stamp || a.id - b.id)
    .map((one) => ({
      values: [one.value],
      position: [String(one.stamp), String(one.id)],
      ahead: window.kind === 'after' ? after(one, window.mark) : true,
      recent: tracker.recentFrom !== null && one.stamp >= Number(tracker.recentFrom),
    }));
}

/** What `readByStamp` made of it. */
export const stampedRow = (one: Row): Stored => ({
  id: Number(one.position[1]),
  stamp: Number(one.position[0]),
  value: one.values[0] as string,
});
