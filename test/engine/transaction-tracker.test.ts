import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noProgress, type Progress } from '../../src/engine/tracker.ts';
import { TransactionTracker } from '../../src/engine/transaction-tracker.ts';
import { batchOfRows } from '../../src/model/row.ts';
import { parseSnapshot } from '../../src/query/snapshot.ts';

const rows = (...ids: readonly number[]) =>
  batchOfRows(
    ids.map((id) => ({ values: [], position: [String(id)], ahead: true, recent: false })),
    null,
  );

describe('a job by the numbers of transactions', () => {
  it('reads everything in the first snapshot, then what each next one shows that the one before did not', () => {
    const first = new TransactionTracker(noProgress, '5:9:5,7', null);
    expect(first).toMatchObject({ window: { kind: 'snapshot', since: null, upTo: '5:9:5,7' }, after: null });
    expect(first.end()).toEqual({ ...noProgress, mark: ['5:9:5,7'] });
    expect(new TransactionTracker(first.end(), '9:9:', null).window).toEqual({ kind: 'snapshot', since: '5:9:5,7', upTo: '9:9:' });
    expect(new TransactionTracker(noProgress, '9:9:', '6:6:').window).toMatchObject({ since: '6:6:' });
  });

  it('goes on after a crash behind the position that was committed, in the same two snapshots', () => {
    const first = new TransactionTracker(noProgress, '5:9:5,7', null);
    const mark = first.met(rows(1, 2)) as readonly string[];
    const state = first.at(mark);
    expect(state.mark).toEqual(['', '5:9:5,7', '2']);
    const again = new TransactionTracker(state, '12:12:', null);
    expect(again).toMatchObject({ window: { since: null, upTo: '5:9:5,7' }, after: ['2'] });
    expect(again.end().mark).toEqual(['5:9:5,7']);
    const third = new TransactionTracker({ mark: ['5:9:5,7', '12:12:', 'a', 'b'] }, '13:13:', null);
    expect(third).toMatchObject({ window: { since: '5:9:5,7', upTo: '12:12:' }, after: ['a', 'b'] });
  });

  it('refuses a server whose numbers have gone back, and a mark that is none of its own', () => {
    expect(() => new TransactionTracker({ mark: ['50:60:50'] }, '9:9:', null)).toThrow(/numbered up to 9, and the saved mark is of 50/);
    expect(() => new TransactionTracker({ mark: ['2026-01-01'] }, '9:9:', null)).toThrow(/no snapshot/);
    expect(parseSnapshot('5:9:5,')).toBeNull();
  });
});

/** Transactions of a table whose rows carry their number; the snapshots are as PostgreSQL would take them. */
class NumberedTable {
  readonly #open = new Map<number, { readonly xid: number; readonly ids: number[] }>();
  readonly committed: { readonly id: number; readonly xid: number }[] = [];
  #xid = 1;
  #id = 0;

  write(session: number): void {
    const open = this.#open.get(session) ?? { xid: (this.#xid += 1), ids: [] };
    this.#open.set(session, open);
    open.ids.push((this.#id += 1));
  }

  end(session: number, commits: boolean): void {
    const open = this.#open.get(session);
    this.#open.delete(session);
    if (commits) for (const id of open?.ids ?? []) this.committed.push({ id, xid: (open as { readonly xid: number }).xid });
  }

  snapshot(): string {
    const running = [...this.#open.values()].map(({ xid }) => xid).sort((a, b) => a - b);
    return `${running[0] ?? this.#xid + 1}:${this.#xid + 1}:${running.join(',')}`;
  }
}

/** What the planner's condition lets through. */
function isIn({ since, upTo }: TransactionTracker['window'], xid: number): boolean {
  const shows = (text: string): boolean => {
    const { end, running } = parseSnapshot(text) as NonNullable<ReturnType<typeof parseSnapshot>>;
    return xid < Number(end) && !running.includes(String(xid));
  };
  return shows(upTo) && (since === null || !shows(since));
}

describe('a table whose rows carry their transaction’s number', () => {
  const session = fc.nat(3);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), session }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), session, commits: fc.nat(4).map((n) => n > 0) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('poll' as const), crash: fc.option(fc.nat(3)) }) },
  );

  it('is published whole, each row once, whatever is open, rolled back and cut short', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const table = new NumberedTable();
        let state: Progress = noProgress;
        const published: number[] = [];
        const poll = (crash: number | null): void => {
          const tracker = new TransactionTracker(state, table.snapshot(), null);
          const after = Number(tracker.after?.[0] ?? 0);
          const found = table.committed.filter(({ id, xid }) => id > after && isIn(tracker.window, xid)).sort((a, b) => a.id - b.id);
          const acked = crash === null ? found : found.slice(0, crash);
          published.push(...acked.map(({ id }) => id));
          if (crash === null) state = tracker.end();
          else if (acked.length > 0) state = tracker.at(tracker.met(rows(...acked.map(({ id }) => id))) as readonly string[]);
        };
        for (const one of steps) {
          if (one.kind === 'write') table.write(one.session);
          else if (one.kind === 'end') table.end(one.session, one.commits);
          else poll(one.crash);
        }
        for (let session = 0; session < 4; session += 1) table.end(session, true);
        poll(null);
        poll(null);
        expect([...published].sort((a, b) => a - b)).toEqual(table.committed.map(({ id }) => id).sort((a, b) => a - b));
      }),
      { numRuns: 3000 },
    );
  });
});
