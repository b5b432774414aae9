import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GapSet, isInteger, mostGaps, mostKept } from '../../src/engine/gaps.ts';
import type { Gap } from '../../src/model/watermark.ts';

const gap = (from: string | null, to: string, seen: string | null = null): Gap => ({ from, to, seen });

describe('the gaps below a mark', () => {
  it('are the ids between two that were met one after the other', () => {
    const gaps = new GapSet([]);
    gaps.open(1n, 2n);
    gaps.open(2n, 5n);
    gaps.open(5n, 7n);
    expect(gaps.below(null)).toEqual([gap('3', '4'), gap('6', '6')]);
  });

  it('begin with all the ids below the first that was ever met', () => {
    const gaps = new GapSet([]);
    gaps.open(null, 10n);
    expect(gaps.below(null)).toEqual([gap(null, '9')]);
    expect(gaps.take(-5n)).toBe(true);
    expect(gaps.below(null)).toEqual([gap(null, '-6'), gap('-4', '9')]);
  });

  it('close where an id comes late, and tell once that it was missing', () => {
    const gaps = new GapSet([gap('3', '7', '100')]);
    expect([gaps.take(5n), gaps.take(5n), gaps.take(2n), gaps.take(8n)]).toEqual([true, false, false, false]);
    expect(gaps.below(null)).toEqual([gap('3', '4', '100'), gap('6', '7', '100')]);
    expect([gaps.take(3n), gaps.take(7n)]).toEqual([true, true]);
    expect(gaps.below(null)).toEqual([gap('4', '4', '100'), gap('6', '6', '100')]);
  });

  it('are exact past 2^53', () => {
    const gaps = new GapSet([]);
    gaps.open(9_007_199_254_740_992n, 9_007_199_254_740_994n);
    expect(gaps.below(null)).toEqual([gap('9007199254740993', '9007199254740993')]);
    expect(gaps.take(9_007_199_254_740_993n)).toBe(true);
  });

  it('are dated by the first horizon after the read that met them, and forgotten when a later one has passed it', () => {
    const gaps = new GapSet([]);
    gaps.open(1n, 3n);
    gaps.bury(1_000_000n);
    expect(gaps.size).toBe(1);
    gaps.date(500n);
    gaps.open(3n, 5n);
    gaps.date(600n);
    gaps.bury(500n);
    expect(gaps.below(null)).toEqual([gap('2', '2', '500'), gap('4', '4', '600')]);
    gaps.bury(501n);
    expect(gaps.below(null)).toEqual([gap('4', '4', '600')]);
  });

  it('are left out of a commit in the middle of a read where they lie past its mark', () => {
    const gaps = new GapSet([gap('2', '3'), gap('6', '8')]);
    expect(gaps.below(8n)).toEqual([gap('2', '3')]);
    expect(gaps.below(9n)).toHaveLength(2);
    expect(gaps.size).toBe(2);
  });

  it('are read again in at most a hundred ranges, which hold them all', () => {
    const gaps = new GapSet([]);
    for (let id = 0n; id < 2000n; id += 2n) gaps.open(id, id + 2n);
    const hulls = gaps.hulls();
    expect(hulls).toHaveLength(100);
    expect([hulls[0]?.from, hulls.at(-1)?.to]).toEqual(['1', '1999']);
    expect(new GapSet([]).hulls()).toEqual([]);
  });

  it('are read again without the long stretches between them, however many lie close together', () => {
    const gaps = new GapSet([gap(null, '-500'), gap('1', '1')]);
    for (let id = 1_000_000n; id < 1_002_000n; id += 2n) gaps.open(id, id + 2n);
    for (let id = 9_000_000n; id < 9_002_000n; id += 20n) gaps.open(id, id + 2n);
    const hulls = gaps.hulls();
    expect(hulls).toHaveLength(100);
    expect(hulls.slice(0, 3)).toEqual([
      { from: null, to: '-500' },
      { from: '1', to: '1' },
      { from: '1000001', to: '1001999' },
    ]);
    const reread = hulls.slice(3).reduce((sum, { from, to }) => sum + Number(to) - Number(from), 0);
    expect(reread).toBeLessThan(100 * 20);
  });

  it('that a session may fill from its cache outlast the transactions, as long as it is connected; the newest thousand', () => {
    const gaps = new GapSet([gap('3', '4', '100'), gap('6', '6', '200'), gap('8', '8', '300')]);
    gaps.bury(300n, 150n);
    expect(gaps.below(null)).toEqual([gap('6', '6', '200'), gap('8', '8', '300')]);
    gaps.bury(301n, 201n);
    expect(gaps.below(null)).toEqual([gap('8', '8', '300')]);
    expect(gaps.givenUp).toBe(0);
    const many = new GapSet([]);
    for (let id = 0n; id < 2n * BigInt(mostKept + 3); id += 2n) many.open(id, id + 2n);
    many.date(100n);
    many.bury(101n, 50n);
    expect([many.size, many.givenUp, many.below(null)[0]?.from]).toEqual([mostKept, 3, '7']);
  });

  it('that are about to be forgotten can be told, and count as met anew where a row is known to be there', () => {
    const gaps = new GapSet([gap(null, '1', '100'), gap('3', '4', '100'), gap('6', '6', '200'), gap('8', '9')]);
    expect(gaps.dying(101n, null)).toEqual([
      { from: null, to: '1' },
      { from: '3', to: '4' },
    ]);
    expect([gaps.dying(100n, null), gaps.dying(300n, 100n)]).toEqual([[], []]);
    for (const id of [2n, 4n, 7n, 10n]) gaps.revive(id, 300n);
    gaps.bury(201n);
    expect(gaps.below(null)).toEqual([gap('3', '4', '300'), gap('8', '9')]);
    gaps.bury(301n);
    expect(gaps.below(null)).toEqual([gap('8', '9')]);
  });

  it('are the newest hundred thousand where there are more, and it tells how many it forgot', () => {
    const gaps = new GapSet([]);
    const count = mostGaps + 5;
    for (let id = 0; id < count; id += 1) gaps.open(BigInt(2 * id), BigInt(2 * id + 2));
    expect(gaps.dropped).toBe(0);
    const kept = gaps.below(null);
    expect([kept.length, gaps.dropped, kept[0]]).toEqual([mostGaps, 5, gap('11', '11')]);
  });

  it.each([
    ['42', true],
    ['-7', true],
    ['', false],
    ['1.0', false],
    ["'a'", false],
    ['1e3', false],
  ])('are of integers alone: %j', (text, is) => {
    expect(isInteger(text)).toBe(is);
  });
});

const lowest = -3;
const highest = 30;

/** The same, kept as a plain map from each missing id to when it was seen. */
class NaiveGaps {
  ids = new Map<number, string | null>();

  open(before: number | null, id: number): void {
    for (let missing = before === null ? lowest : before + 1; missing < id; missing += 1) this.ids.set(missing, null);
  }

  take(id: number): boolean {
    return this.ids.delete(id);
  }

  date(now: number): void {
    for (const [id, seen] of this.ids) if (seen === null) this.ids.set(id, String(now));
  }

  bury(floor: number, keptSince: number): void {
    for (const [id, seen] of this.ids) if (seen !== null && Number(seen) < Math.min(floor, keptSince)) this.ids.delete(id);
  }
}

function spread(gaps: readonly Gap[]): ReadonlyMap<number, string | null> {
  const ids = new Map<number, string | null>();
  for (const { from, to, seen } of gaps) {
    for (let id = from === null ? lowest : Number(from); id <= Number(to); id += 1) ids.set(id, seen);
  }
  return ids;
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('meet' as const), ahead: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('take' as const), id: fc.integer({ min: lowest, max: highest }) }),
  fc.record({ kind: fc.constant('horizon' as const), passes: fc.integer({ min: 1, max: 5 }), age: fc.nat(12), kept: fc.nat(20) }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

describe('the gaps and a plain set of missing ids', () => {
  it('are the same after any ids met, taken late, dated, buried and saved', () => {
    fc.assert(
      fc.property(fc.option(fc.integer({ min: 0, max: 3 })), fc.array(step, { maxLength: 30, size: 'max' }), (start, steps) => {
        let gaps = new GapSet([]);
        const naive = new NaiveGaps();
        let last = start;
        let now = 100;
        for (const one of steps) {
          if (one.kind === 'meet') {
            const id: number = (last ?? 0) + one.ahead;
            if (id > highest) continue;
            gaps.open(last === null ? null : BigInt(last), BigInt(id));
            naive.open(last, id);
            last = id;
          } else if (one.kind === 'take') {
            expect(gaps.take(BigInt(one.id))).toBe(naive.take(one.id));
          } else if (one.kind === 'horizon') {
            now += one.passes;
            gaps.date(BigInt(now));
            naive.date(now);
            gaps.bury(BigInt(now - one.age), BigInt(now - one.kept));
            naive.bury(now - one.age, now - one.kept);
          } else gaps = new GapSet(gaps.below(null));

          const kept = gaps.below(null);
          expect(new Map([...spread(kept)].sort())).toEqual(new Map([...naive.ids].sort()));
          for (const [at, next] of kept.slice(1).entries())
            expect(BigInt(next.from as string)).toBeGreaterThan(BigInt(kept[at]?.to as string));
          const hulls = spread(gaps.hulls().map((hull) => ({ ...hull, seen: null })));
          for (const id of naive.ids.keys()) expect(hulls.has(id)).toBe(true);
        }
      }),
    );
  });
});
