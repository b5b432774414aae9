import { describe, expect, it } from 'vitest';
import type { Column } from '../../src/model/column.ts';
import { rowsOf } from '../../src/model/row.ts';
import type { PlannedRead } from '../../src/query/plan.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import { onePast, Page } from '../../src/source/batches.ts';
import { ValueRaws } from '../../src/source/value-rows.ts';

const column = (name: string): Column => ({ name, type: { kind: 'text' }, native: 'text', nullable: false });

const keyed: ReadRequest = {
  relation: { kind: 'table', table: { schema: null, name: 't' } },
  columns: [column('id'), column('note')],
  where: null,
  cursor: [column('stamp')],
  key: [column('id')],
  window: { kind: 'all' },
  page: null,
  recentFrom: null,
  sample: null,
  limit: null,
};
const plan: PlannedRead = {
  sql: '',
  binds: [],
  orderedBy: ['stamp', 'id'],
  positionAt: [2, 0],
  aheadAt: null,
  recentAt: null,
  deletedAt: null,
  width: 3,
};
const keyless: ReadRequest = { ...keyed, key: [] };
const keylessPlan: PlannedRead = { ...plan, orderedBy: ['stamp'], positionAt: [2] };

/** A page of texts, or of what else a driver gives. */
function page(request = keyed, planned = plan) {
  const inner = new Page(request, planned);
  return {
    get done(): boolean {
      return inner.done;
    },
    batch: (raws: readonly (readonly (string | number | bigint | null)[])[], end: boolean) => {
      const batch = inner.batch(new ValueRaws(raws, request.columns.length, String), end);
      return batch === null ? null : { rows: rowsOf(batch), safe: batch.safe };
    },
  };
}
const row = (id: string, stamp: string, note: string | null = 'n'): (string | null)[] => [id, note, stamp];

describe('a page of rows', () => {
  it('takes values by column, positions as raw text, and nothing beside them', () => {
    const batch = page().batch([row('1', 's', null)], true);
    expect(batch).toEqual({
      rows: [{ values: ['1', null], position: ['s', '1'], ahead: true, recent: false, deleted: false }],
      safe: ['s', '1'],
    });
  });

  it('reads the flags in whatever form a driver gives 1 and 0', () => {
    const flagged: PlannedRead = { ...plan, aheadAt: 3, recentAt: 4 };
    for (const [one, zero] of [
      ['1', '0'],
      [1, 0],
      [1n, 0n],
    ] as const) {
      const raws = [
        ['1', 'n', 's', one, zero],
        ['2', 'n', 's', zero, one],
      ];
      const batch = page(keyed, flagged).batch(raws, true);
      expect(batch?.rows.map(({ ahead, recent }) => [ahead, recent])).toEqual([
        [true, false],
        [false, true],
      ]);
    }
  });

  it('refuses two neighbours in one position, also across batches and at the edge of the page', () => {
    const twice = expect.objectContaining({ code: 'LIB212', message: 'more than one row has (id) = (1)' });
    expect(() => page().batch([row('1', 's'), row('1', 's')], true)).toThrow(twice);
    const across = page();
    across.batch([row('1', 's')], false);
    expect(() => across.batch([row('1', 's')], false)).toThrow(twice);
    const cut = page({ ...keyed, limit: 1 });
    expect(() => cut.batch([row('1', 's'), row('1', 's')], true)).toThrow(twice);
    expect(page().batch([row('1', 's'), row('1', 't')], true)?.rows).toHaveLength(2);
  });

  it('names the values of all key columns', () => {
    const request = { ...keyed, cursor: [column('b')], key: [column('a'), column('b')] };
    const planned = { ...plan, orderedBy: ['b', 'a'], positionAt: [0, 1] };
    expect(() =>
      page(request, planned).batch(
        [
          ['x', 'y'],
          ['x', 'y'],
        ],
        true,
      ),
    ).toThrow(expect.objectContaining({ message: 'more than one row has (a, b) = (y, x)' }));
  });

  it('never delivers the row past its limit', () => {
    expect(onePast({ ...keyed, limit: 2 }).limit).toBe(3);
    expect(onePast(keyed).limit).toBeNull();
    const limited = page({ ...keyed, limit: 2 });
    expect(limited.batch([row('1', 's'), row('2', 's'), row('3', 's')], false)?.rows).toHaveLength(2);
    expect(limited.done).toBe(true);
    expect(limited.batch([], true)).toBeNull();
  });

  it('without a key stands before the last tie until the tie is known to be whole', () => {
    const open = page(keyless, keylessPlan);
    expect(open.batch([row('1', 'a'), row('2', 'a')], false)?.safe).toBeNull();
    expect(open.batch([row('3', 'b'), row('3', 'b')], false)?.safe).toEqual(['a']);
    expect(open.batch([], true)).toEqual({ rows: [], safe: ['b'] });
    const cut = page({ ...keyless, limit: 2 }, keylessPlan);
    expect(cut.batch([row('1', 'a'), row('2', 'b'), row('3', 'b')], true)?.safe).toEqual(['a']);
    const clean = page({ ...keyless, limit: 2 }, keylessPlan);
    expect(clean.batch([row('1', 'a'), row('2', 'b'), row('3', 'c')], true)?.safe).toEqual(['b']);
  });

  it('has no safe position where nothing orders the rows', () => {
    const batch = page({ ...keyless, cursor: [] }, { ...plan, orderedBy: [], positionAt: [] }).batch([row('1', 'a'), row('1', 'a')], true);
    expect(batch).toMatchObject({ safe: null });
    expect(batch?.rows).toHaveLength(2);
  });

  it('refuses NULL in an ordering column', () => {
    expect(() => page().batch([[null, 'n', 's']], true)).toThrow(expect.objectContaining({ code: 'LIB211', place: { column: 'id' } }));
  });
});
