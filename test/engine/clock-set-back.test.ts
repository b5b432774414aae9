import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Look, reachBack, setBackBy } from '../../src/engine/clock-set-back.ts';
import { noProgress } from '../../src/engine/tracker.ts';
import { horizonAt } from '../../src/source/sqlite/horizon.ts';
import { createSqlite, type TestDatabase } from '../support/databases.ts';
import { openPolls, type Polls } from '../support/quiet-poll.ts';

const second = 1_000_000n;
const look = (now: bigint, asked: number, answered = asked): Look => ({ now, asked, answered });
const proved = { since: String(100n * second) };

describe("a source's clock", () => {
  it('that goes on is not taken for one that was set back, however long an answer takes or is shared', () => {
    const last = look(110n * second, 1000, 1010);
    expect(setBackBy(last, proved, look(115n * second, 6000))).toBe(0n);
    // Asked for at once, answered 30 s later with what was so at its beginning.
    expect(setBackBy(last, proved, look(115n * second, 6000, 36_000))).toBe(0n);
    expect(setBackBy(look(110n * second, 1000, 31_000), proved, look(115n * second, 31_001))).toBe(0n);
    expect(setBackBy(last, proved, look(114n * second + 750_000n, 6000))).toBe(0n);
    expect(setBackBy(last, proved, look(999n * second, 6000))).toBe(0n);
  });

  it('that was set back is told from one that goes on, and by how much at the most', () => {
    const last = look(110n * second, 1000, 1010);
    expect(setBackBy(last, proved, look(112n * second, 6000, 6005))).toBe(3n * second + 5000n);
  });

  it('behind what was proved by an earlier process was set back', () => {
    expect(setBackBy(null, proved, look(99n * second, 0))).toBe(second);
    expect(setBackBy(null, proved, look(101n * second, 0))).toBe(0n);
    expect(setBackBy(null, { since: null }, look(1n, 0))).toBe(0n);
  });

  it('makes the next read begin that much earlier', () => {
    expect(reachBack({ ...noProgress, ...proved }, 7n * second).since).toBe(String(93n * second));
    expect(reachBack(noProgress, 7n * second)).toEqual(noProgress);
  });
});

describe('rows that are stamped while the clock of their database is 20 s back', () => {
  let db: TestDatabase;
  let now: number;
  let polls: Polls;
  const begin = Date.UTC(2026, 0, 1);

  beforeEach(async () => {
    db = await createSqlite();
    now = begin;
    await db.run('CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL); CREATE INDEX t_at ON t (at, id)');
    polls = await openPolls(db.url, { table: 't', cursor: 'at', lookback: '10s', initial: 'bulk' }, async (lookback) =>
      horizonAt(now, lookback),
    );
  });
  afterEach(async () => {
    await polls[Symbol.asyncDispose]();
    await db[Symbol.asyncDispose]();
  });

  const insert = (id: number, at: number): Promise<void> =>
    db.run(`INSERT INTO t VALUES (${id}, '${new Date(at).toISOString().replace('T', ' ').slice(0, -1)}')`);

  it('are published, and the user is told', async () => {
    await insert(1, begin);
    expect(await polls.poll()).toMatchObject({ published: 1 });
    now -= 20_000;
    await insert(2, now);
    now += 5000;
    expect(await polls.poll()).toMatchObject({ published: 1 });
    expect(polls.events).toEqual([
      expect.objectContaining({ type: 'job.warning', message: expect.stringMatching(/clock was set back by 15/) }),
    ]);
    expect(await polls.poll()).toMatchObject({ published: 0 });
    now += 1000;
    await insert(3, now);
    expect(await polls.poll()).toMatchObject({ published: 1 });
    expect(polls.events).toHaveLength(1);
  });
});
