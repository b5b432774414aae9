import { describe, expect, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import { type HeldFence, Renewals, type Renewed } from '../../src/state/renewals.ts';

describe('renewals that are asked for in one moment', () => {
  const sent: (readonly [number, readonly string[]])[] = [];
  const send = async (leases: readonly HeldFence[], ttlMs: number): Promise<Renewed> => {
    sent.push([ttlMs, leases.map(({ job, fence }) => `${job} ${fence}`)]);
    if (ttlMs === 666) throw new LiberateError('LIB401', 'the store is down');
    return new Map(leases.filter(({ job }) => job !== 'lost').map(({ job }) => [job, { asked: job === 'b', wanted: false }]));
  };

  it('go to the store together, of one time and each job once, and each has its own answer', async () => {
    sent.length = 0;
    const renewals = new Renewals(send);
    const answers = await Promise.all([
      renewals.renew('a', 1n, 100),
      renewals.renew('lost', 2n, 100),
      renewals.renew('b', 3n, 200),
      renewals.renew('a', 4n, 100),
    ]);
    const plainly = { asked: false, wanted: false };
    expect(answers).toEqual([plainly, 'lost', { asked: true, wanted: false }, plainly]);
    expect(sent).toEqual([
      [100, ['a 1', 'lost 2']],
      [200, ['b 3']],
      [100, ['a 4']],
    ]);
  });

  it('go in several statements when they are many', async () => {
    sent.length = 0;
    const renewals = new Renewals(send);
    await Promise.all(Array.from({ length: 1000 }, (_, at) => renewals.renew(`job ${at}`, 1n, 100)));
    expect(sent.map(([, leases]) => leases.length)).toEqual([200, 200, 200, 200, 200]);
  });

  it('fail each with its own job named', async () => {
    const renewals = new Renewals(send);
    const failed = await Promise.allSettled([renewals.renew('a', 1n, 666), renewals.renew('b', 1n, 666)]);
    expect(failed).toMatchObject([
      { reason: { code: 'LIB401', place: { job: 'a' } } },
      { reason: { code: 'LIB401', place: { job: 'b' } } },
    ]);
  });
});
