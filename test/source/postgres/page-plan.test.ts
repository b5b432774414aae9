import { describe, expect, it } from 'vitest';
import type { Column } from '../../../src/model/column.ts';
import { planRead } from '../../../src/query/plan.ts';
import type { ReadRequest, Window } from '../../../src/query/request.ts';
import { onePast } from '../../../src/source/batches.ts';
import { bindText, flavourOf } from '../../../src/source/postgres/flavour.ts';
import { InstantTexts, PagePlans } from '../../../src/source/postgres/page-plan.ts';

const column = (name: string, kind: 'integer' | 'timestamptz', native: string): Column =>
  ({ name, type: { kind }, native, nullable: false }) as Column;
const [id, stamp] = [column('id', 'integer', 'bigint'), column('updated_at', 'timestamptz', 'timestamptz')];
const request: ReadRequest = {
  relation: { kind: 'table', table: { schema: null, name: 'orders' } },
  columns: [id, stamp],
  where: null,
  cursor: [stamp],
  key: [id],
  window: { kind: 'all' },
  page: null,
  recentFrom: null,
  sample: null,
  limit: 250,
};
const flavour = flavourOf('UTC');

/** Windows of polls that may follow each other. */
const windows = [false, true].flatMap((tied) =>
  [null, 1_700_000_000_000_000n, 1_700_000_001_000_001n].flatMap((floor) =>
    [null, { table: '16384', below: 750n }, { table: '16384', below: 751n }, { table: '16385', below: 2n ** 32n + 1n }].flatMap((fresh) =>
      [
        ['2026-01-01 00:00:00+00', '7'],
        ['3', '750'],
      ].map((mark): Window => ({ kind: 'after', mark, floor, tied, fresh })),
    ),
  ),
);
const polls = windows.flatMap((window) =>
  [null, 1_700_000_000_000_000n, 1_700_000_002_000_000n].map((recentFrom): ReadRequest => ({ ...request, window, recentFrom })),
);

describe('the statement of a page that is read again and again', () => {
  it('is, after any other, what it would be if it were planned alone, its values too', () => {
    const plans = new PagePlans(new InstantTexts());
    for (const before of polls) {
      for (const poll of [...polls.filter((_, at) => at % 7 === 0), before]) {
        plans.planned(flavour, before);
        const { plan, values } = plans.planned(flavour, poll);
        const { sql, binds } = planRead(flavour, onePast(poll));
        expect({ sql: plan.sql, values }).toEqual({ sql, values: binds.map(bindText) });
      }
    }
  });

  it('is planned once, while each poll moves its instants and the transactions whose rows it has not met', () => {
    const plans = new PagePlans(new InstantTexts());
    const planOf = (moved: bigint): unknown => {
      const window = {
        kind: 'after',
        mark: ['2026-01-01 00:00:00+00', '7'],
        floor: moved,
        tied: true,
        fresh: { table: '1', below: moved },
      } as const;
      return plans.planned(flavour, { ...request, window, recentFrom: moved + 1n }).plan;
    };
    expect(planOf(2_000_000n)).toBe(planOf(1_000_000n));
  });
});
