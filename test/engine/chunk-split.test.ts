import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bounds, chunkRows, splitByRows } from '../../src/engine/chunk-split.ts';

/** A relation by its positions alone, in reading order; those of rows without a key may be equal. */
const stepOver =
  (positions: readonly number[]) =>
  async (after: readonly string[] | null, rows: number): Promise<readonly string[] | null> => {
    const left = positions.filter((position) => after === null || position > Number(after[0]));
    const found = left[rows - 1];
    return found === undefined ? null : [String(found)];
  };

const holds = ({ after, upto }: Bounds, position: number): boolean =>
  (after === null || position > Number(after[0])) && (upto === null || position <= Number(upto[0]));

describe('the bounds of chunks', () => {
  it('cover every position exactly once and in order, however skewed or repeated', async () => {
    const skewed = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer(), fc.constant(7));
    await fc.assert(
      fc.asyncProperty(fc.array(skewed, { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), fc.integer(), async (ids, size, later) => {
        const bounds = await splitByRows(size, stepOver(ids.sort((a, b) => a - b)));
        for (const id of [...ids, later]) expect(bounds.filter((bound) => holds(bound, id))).toHaveLength(1);
        const chunkOf = (id: number): number => bounds.findIndex((bound) => holds(bound, id));
        expect(ids.map(chunkOf)).toEqual(ids.map(chunkOf).sort((a, b) => a - b));
      }),
    );
  });

  it('hold as many rows as was asked where no two share a position', async () => {
    const ids = Array.from({ length: 25 }, (_, at) => at ** 5);
    const bounds = await splitByRows(10, stepOver(ids));
    expect(bounds.map((bound) => ids.filter((id) => holds(bound, id)).length)).toEqual([10, 10, 5]);
    expect(bounds.map(({ rows }) => rows)).toEqual([10, 10, null]);
  });

  it('are of one chunk where there are no rows', async () => {
    expect(await splitByRows(10, stepOver([]))).toEqual([{ after: null, upto: null, rows: null }]);
  });

  it('grow, so that a table of whatever size has hundreds of chunks and not thousands', async () => {
    let last = 0;
    const bounds = await splitByRows(10, async (_after, rows) => {
      last += rows;
      return last > 100_000 ? null : [String(last)];
    });
    expect(bounds.length).toBeLessThan(64 * 8);
  });

  it('are a few for each worker, within limits', () => {
    expect([chunkRows(1_000_000, 2), chunkRows(10, 1), chunkRows(1_000_000_000, 4)]).toEqual([62_500, 5_000, 250_000]);
    expect(chunkRows(null, 3)).toBe(10_000);
  });
});
