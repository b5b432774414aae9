import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshSince } from '../../src/engine/ended.ts';
import { xidText } from '../../src/source/postgres/flavour.ts';

const seen = (below: bigint, server = 'one') => ({ ended: { server, below }, until: new Map() });
const horizon = (below: bigint, server = 'one') => ({ ended: { server, below } });

describe('what a poll need not meet again', () => {
  it('is what transactions wrote that had ended at the look before', () => {
    expect(freshSince(seen(7n), horizon(9n), 'table')).toEqual({ table: 'table', below: 7n });
    expect(freshSince(seen(7n), horizon(7n), 'table')).toEqual({ table: 'table', below: 7n });
  });

  it.each([
    ['nothing was looked at before', null, horizon(9n), 'table'],
    ['the source does not tell', seen(7n), {}, 'table'],
    ['rows do not tell who wrote them', seen(7n), horizon(9n), null],
    ['the server is another, or was started anew', seen(7n), horizon(9n, 'two'), 'table'],
    ['its numbers have gone back', seen(7n), horizon(6n), 'table'],
    ['so many came since that 32 bits could not tell them apart', seen(7n), horizon(8n + (1n << 30n)), 'table'],
  ] as const)('is nothing when %s', (_, before, now, table) => {
    expect(freshSince(before, now, table)).toBeNull();
  });
});

/** As the server's age(): how far a number lies back from the next one, in 32 bits with their sign. */
const age = (next: bigint, xid: string): number => (Number(xid) < 3 ? 2 ** 31 - 1 : Number(BigInt.asIntN(32, next - BigInt(xid))));

describe('the lower 32 bits of a transaction’s number', () => {
  const past = fc.bigInt({ min: 0n, max: (1n << 31n) - 1n });
  it('tell whether a row is as new as the look before, also where they begin anew', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n << 32n, max: 1n << 40n }), past, past, (next, writtenAgo, lookedAgo) => {
        const [written, looked] = [next - writtenAgo, next - lookedAgo];
        // A transaction never has one of the three lowest.
        fc.pre((written & 0xffff_ffffn) >= 3n && (looked & 0xffff_ffffn) >= 3n);
        expect(age(next, xidText(written)) <= age(next, xidText(looked))).toBe(written >= looked);
      }),
      { numRuns: 20_000 },
    );
  });

  it('pass no row that is new for old: of the special numbers the next is taken', () => {
    expect([0n, 1n, 2n, 3n].map((low) => xidText((5n << 32n) + low))).toEqual(['3', '3', '3', '3']);
    expect(xidText((5n << 32n) + 4n)).toBe('4');
  });
});
