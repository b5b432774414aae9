import { describe, expect, it } from 'vitest';
import { horizonOf, type Sighting } from '../../../src/source/postgres/horizon.ts';

const second = 1_000_000n;
const quiet: Sighting = {
  now: 1000n * second,
  began: 1000n * second - 5n,
  standby: false,
  oldest: null,
  hidden: false,
  prepared: null,
  replayed: null,
  holder: null,
  preparedBy: null,
  eldest: null,
  unnamed: [],
  ended: { server: 'one', below: 7n },
  snapshot: '7:9:7',
};

describe('horizonOf', () => {
  it('stands a second behind the clock while nothing is open', () => {
    expect(horizonOf(quiet, null)).toEqual({
      now: 1000n * second,
      floor: 999n * second - 5n,
      method: 'oldest open transaction',
      ended: quiet.ended,
      snapshot: '7:9:7',
    });
  });

  it('stands a second behind the oldest open transaction', () => {
    expect(horizonOf({ ...quiet, oldest: 400n * second }, null).floor).toBe(399n * second);
  });

  it('reaches back as far as the user says, and further when a transaction is older', () => {
    expect(horizonOf({ ...quiet, oldest: 995n * second }, 30_000)).toMatchObject({ floor: 970n * second, method: 'lookback 30s' });
    expect(horizonOf({ ...quiet, oldest: 400n * second }, 30_000)).toMatchObject({
      floor: 399n * second,
      method: 'oldest open transaction',
    });
  });

  it('assumes a minute while other sessions are hidden, and never trusts the clock alone', () => {
    expect(horizonOf({ ...quiet, hidden: true }, null)).toMatchObject({
      floor: 940n * second,
      method: 'lookback 1m, other sessions are hidden',
    });
    expect(horizonOf({ ...quiet, hidden: true }, 5000)).toMatchObject({
      floor: 995n * second,
      method: 'lookback 5s, other sessions are hidden',
    });
    expect(horizonOf({ ...quiet, hidden: true, oldest: 400n * second }, null)).toMatchObject({
      floor: 399n * second,
      method: 'oldest open transaction seen, 1m at least',
    });
  });

  it('assumes that a prepared transaction began at most a look-back before it was prepared', () => {
    expect(horizonOf({ ...quiet, prepared: 500n * second }, null)).toMatchObject({
      floor: 440n * second,
      method: 'oldest prepared transaction and 1m before it',
    });
    expect(horizonOf({ ...quiet, prepared: 500n * second }, 100_000).floor).toBe(400n * second);
  });

  it('counts from what a standby has replayed, however far it is behind', () => {
    const standby = { ...quiet, standby: true, replayed: 700n * second };
    expect(horizonOf(standby, null)).toMatchObject({ floor: 640n * second, method: 'lookback 1m, on a standby' });
    expect(horizonOf({ ...standby, replayed: 1200n * second }, 10_000).floor).toBe(990n * second);
  });

  it('names whose transaction it stands behind; a prepared one, whose beginning nobody tells, blocks', () => {
    const holder = { name: 'pid 7', user: 'shop' };
    expect(horizonOf(quiet, null)).not.toHaveProperty('holder');
    expect(horizonOf({ ...quiet, oldest: 400n * second, holder }, null).holder).toEqual({ ...holder, since: 400n * second });
    expect(horizonOf({ ...quiet, oldest: 990n * second, holder }, 30_000)).not.toHaveProperty('holder');
    const preparedBy = { name: 'prepared transaction "x"', user: 'shop' };
    expect(horizonOf({ ...quiet, prepared: 990n * second, preparedBy }, null)).toMatchObject({
      holder: { ...preparedBy, since: 990n * second },
      blocked: true,
    });
  });

  it('tells of a standby only what is older than all that runs, and of its transactions nothing that a later read could rely on', () => {
    expect(horizonOf(quiet, null)).toMatchObject({ snapshot: '7:9:7', ended: { server: 'one', below: 7n } });
    const standby = horizonOf({ ...quiet, standby: true }, null);
    expect(standby.snapshot).toBe('7:7:');
    expect(standby).not.toHaveProperty('ended');
    expect(standby).not.toHaveProperty('eldest');
  });
});
