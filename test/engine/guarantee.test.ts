import { describe, expect, it } from 'vitest';
import { guaranteeOf } from '../../src/engine/guarantee.ts';
import { planJob } from '../../src/engine/job-plan.ts';
import type { Guarantee, Sight } from '../../src/model/guarantee.ts';
import type { Job } from '../../src/model/job.ts';
import { column } from '../schema/column.ts';
import { job, shape } from './job.ts';

const sees: Sight = { privilege: 'pg_read_all_stats', missing: false, raise: null, assumedMs: 60_000 };
const blind: Sight = { ...sees, missing: true, raise: 'GRANT pg_read_all_stats TO liberate' };
const horizon = { now: 100_000_000n, floor: 98_500_000n, method: 'oldest open transaction' };

function told(some: Partial<Job>, sight = sees, columns = shape().columns): Guarantee {
  const plan = planJob({
    name: 'orders',
    job: job(some),
    relation: { kind: 'table', table: { schema: 'shop', name: 'orders' } },
    shape: shape({ columns }),
    timezone: null,
    topicNames: { source: 's', schema: 'shop', table: 'orders' },
  });
  return guaranteeOf(plan, sight, horizon);
}

describe('what a job promises', () => {
  it('by stamps: late commits, with the look-back as it is now, and nothing left to raise it', () => {
    expect(told({})).toMatchObject({
      guarantee: 'every row whose stamp the server makes, late commits included; deletes are not told',
      method: 'look-back to oldest open transaction, repeats dropped',
      privilege: { needed: 'pg_read_all_stats', missing: false },
      lookback: { ms: 1500, by: 'oldest open transaction' },
      raise: null,
    });
  });

  it('has its limit said where open transactions are not seen, and the one thing that would raise it', () => {
    const { guarantee, privilege, raise } = told({}, blind);
    expect(guarantee).toContain('unless a transaction that cannot be seen lasts longer than 1m');
    expect(privilege).toEqual({ needed: 'pg_read_all_stats', missing: true });
    expect(raise).toBe('GRANT pg_read_all_stats TO liberate');
    expect(told({ lookback: 300_000 }, blind).guarantee).toContain('lasts longer than 5m');
    expect(told({ cursor: ['id'] }, blind)).toMatchObject({ guarantee: expect.stringContaining('lasts longer than 1m'), raise });
  });

  it('never hides what no poll can see: an UPDATE that leaves the stamp alone, and deletes', () => {
    expect(told({ where: 'paid > 0' }).blind).toEqual([
      'an UPDATE that leaves updated_at alone',
      'a DELETE',
      expect.stringContaining("not the server's own"),
      expect.stringContaining('stops meeting `where:`'),
    ]);
    expect(told({ cursor: ['id'] }).blind).toContain('an UPDATE');
    expect(told({ cursor: [], mode: 'bulk' }).blind[0]).toContain('deleted since the last run');
  });

  it('needs no privilege where nothing is read again: bulk, and an order of texts', () => {
    const columns = [column('id', 'integer', 'bigint', false), column('code', 'text', 'text', false)];
    for (const some of [
      { cursor: [], mode: 'bulk' },
      { cursor: ['code'], mode: 'incrementing' },
    ] as const) {
      const { privilege, lookback, raise } = told(some, blind, columns);
      expect([privilege, lookback]).toEqual([null, null]);
      expect(raise).toContain('`cursor:`');
    }
  });

  it('in strict order says what rows wait for, and that the fence is a guess where open transactions are not seen', () => {
    expect(told({ order: 'strict' })).toMatchObject({
      guarantee: 'every row whose stamp the server makes, once, in the order of the stamps; deletes are not told',
      method: 'rows wait for oldest open transaction',
      lookback: null,
    });
    expect(told({ order: 'strict' }, blind).guarantee).toContain('unless a transaction that cannot be seen lasts longer than 1m');
  });

  it('by ids says what holds for ids that are kept for later: by an application, by a session', () => {
    const cached = (some: Partial<Job>, eldest?: bigint): string => {
      const plan = planJob({
        name: 'orders',
        job: job({ cursor: ['id'], ...some }),
        relation: { kind: 'table', table: { schema: 'shop', name: 'orders' } },
        shape: shape({ cachedIds: { id: 20 } }),
        timezone: null,
        topicNames: { source: 's', schema: 'shop', table: 'orders' },
      });
      const { guarantee, method } = guaranteeOf(plan, sees, eldest === undefined ? horizon : { ...horizon, eldest });
      return `${guarantee} (${method})`;
    };
    expect(told({ cursor: ['id'] })).toMatchObject({
      guarantee: expect.stringContaining('ids that an application keeps for later need a `lookback:`'),
      method: 'id gaps read again until proven dead by oldest open transaction',
    });
    expect(cached({ lookback: 3_600_000 })).toMatch(/ids are used within 1h at the latest.*oldest open transaction\)$/);
    expect(cached({}, 1n)).toMatch(/oldest open transaction, and the sessions of their time have ended\)$/);
    expect(cached({})).toMatch(/sessions that cache ids are unseen\)$/);
  });

  it('by ids, where uncommitted rows can be read, has its limit in ids without a row, and says what is asked before one is given up', () => {
    const dirty = { ...blind, uncommitted: true };
    expect(told({ cursor: ['id'], lookback: 5_000 }, dirty)).toMatchObject({
      guarantee: expect.stringContaining('unless a transaction that cannot be seen takes its id and writes no row for longer than 5s;'),
      method: expect.stringMatching(/, and no open transaction has written them \(READ UNCOMMITTED\)$/),
      cost: expect.stringContaining('once more, uncommitted ones too, before they are given up'),
      raise: blind.raise,
    });
    expect(told({}, dirty)).toEqual(told({}, blind));
  });

  it('by the numbers of transactions names no look-back and no privilege', () => {
    const columns = [column('id', 'integer', 'bigint', false), column('txid', 'integer', 'xid8', false)];
    expect(told({ cursor: ['txid'] }, blind, columns)).toMatchObject({
      guarantee: expect.stringContaining('once, in the order of commits'),
      method: 'difference of two snapshots',
      privilege: null,
      lookback: null,
      raise: null,
    });
  });
});
