import { describe, expect, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import { holdLease, type LeaseOptions } from '../../src/state/lease.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { failure, never } from '../contract/state-store.ts';
import { HandClock } from './hand-clock.ts';
import { stateOf } from './samples.ts';

const ttlMs = 30_000;

interface Scene {
  readonly clock: HandClock;
  readonly store: StateStore;
  options(changes?: Partial<LeaseOptions>): LeaseOptions;
}

function scene(): Scene {
  const clock = new HandClock();
  const store = openMemoryState({ clock });
  return { clock, store, options: (changes = {}) => ({ holder: 'first', ttlMs, clock, wait: false, ...changes }) };
}

/** The store with one method in another's hands. */
function with_(store: StateStore, changes: Partial<StateStore>): StateStore {
  return new Proxy(store, {
    get: (target, name) => {
      const own = changes[name as keyof StateStore] ?? target[name as keyof StateStore];
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}

const reason = (signal: AbortSignal): LiberateError => {
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toBeInstanceOf(LiberateError);
  return signal.reason as LiberateError;
};

describe('a lease', () => {
  it('stays ours for as long as it is held', async () => {
    const { clock, store, options } = scene();
    await using lease = await holdLease(store, 'orders', options(), never);
    await clock.advance(10 * ttlMs);
    expect(lease.lost.aborted).toBe(false);
    expect(await store.acquire('orders', 'second', ttlMs)).toMatchObject({ ok: false, holder: 'first' });
    expect(await store.commit('orders', stateOf(), lease.fence)).toBe('committed');
  });

  it('is free at once when it is disposed, and its heart stands still', async () => {
    const { clock, store, options } = scene();
    const lease = await holdLease(store, 'orders', options(), never);
    await lease[Symbol.asyncDispose]();
    expect(clock.sleeping).toBe(0);
    expect(lease.lost.aborted).toBe(false);
    expect(await store.acquire('orders', 'second', ttlMs)).toEqual({ ok: true, fence: lease.fence + 1n });
  });

  it('is renewed each third of its time, so that two renewals may fail', async () => {
    const { clock, store, options } = scene();
    const renewals: number[] = [];
    const counted = with_(store, {
      renew: async (job, fence, ttl) => {
        renewals.push(clock.now());
        return await store.renew(job, fence, ttl);
      },
    });
    const began = clock.now();
    await using lease = await holdLease(counted, 'orders', options(), never);
    await clock.advance(ttlMs);
    expect(renewals.map((at) => at - began)).toEqual([10_000, 20_000, 30_000]);
    expect(lease.lost.aborted).toBe(false);
  });

  it('beats at the same moments as the other leases of the process, whenever it was taken', async () => {
    const { clock, store, options } = scene();
    const beats: (readonly [string, number])[] = [];
    const counted = with_(store, {
      renew: async (job, fence, ttl) => {
        beats.push([job, clock.now()]);
        return await store.renew(job, fence, ttl);
      },
    });
    await using _first = await holdLease(counted, 'orders', options(), never);
    await clock.advance(3456);
    await using _second = await holdLease(counted, 'payments', options(), never);
    await clock.advance(ttlMs);
    const of = (name: string): readonly number[] => beats.flatMap(([job, at]) => (job === name ? [at] : []));
    expect(of('orders')).toHaveLength(3);
    expect(of('payments')).toEqual(of('orders'));
  });

  it('tells when another has taken it', async () => {
    const { clock, store, options } = scene();
    await using lease = await holdLease(store, 'orders', options(), never);
    await store.release('orders', lease.fence);
    expect(await store.acquire('orders', 'second', ttlMs)).toMatchObject({ ok: true });
    await clock.advance(ttlMs / 3);
    expect(reason(lease.lost)).toMatchObject({ code: 'LIB407', place: { job: 'orders' } });
    await clock.advance(ttlMs);
    expect(clock.sleeping).toBe(0);
  });

  it('does not take the lease of the next holder away when it is disposed after its loss', async () => {
    const { clock, store, options } = scene();
    const lease = await holdLease(store, 'orders', options(), never);
    await store.release('orders', lease.fence);
    await using next = await holdLease(store, 'orders', options({ holder: 'second' }), never);
    await clock.advance(ttlMs / 3);
    await lease[Symbol.asyncDispose]();
    expect(await store.acquire('orders', 'third', ttlMs)).toMatchObject({ ok: false, holder: 'second' });
    expect(next.lost.aborted).toBe(false);
  });

  it('outlives a store that is down for less than its time', async () => {
    const { clock, store, options } = scene();
    let down = false;
    const flaky = with_(store, { renew: async (...args) => (down ? Promise.reject(new Error('down')) : await store.renew(...args)) });
    await using lease = await holdLease(flaky, 'orders', options(), never);
    await clock.advance(5000);
    down = true;
    await clock.advance(24_000);
    expect(lease.lost.aborted).toBe(false);
    down = false;
    await clock.advance(ttlMs * 3);
    expect(lease.lost.aborted).toBe(false);
  });

  it('is lost, before anybody else can have it, when the store stays down', async () => {
    const { clock, store, options } = scene();
    const dead = with_(store, { renew: async () => Promise.reject(new Error('the store is down')) });
    await using lease = await holdLease(dead, 'orders', options(), never);
    await clock.advance(ttlMs - 1);
    expect(lease.lost.aborted).toBe(false);
    expect(await store.acquire('orders', 'second', ttlMs)).toMatchObject({ ok: false });
    await clock.advance(1);
    const lost = reason(lease.lost);
    expect(lost).toMatchObject({ code: 'LIB407', transient: true, place: { job: 'orders' } });
    expect(lost.cause).toMatchObject({ message: 'the store is down' });
    expect(await store.acquire('orders', 'second', ttlMs)).toMatchObject({ ok: true });
  });

  it('is lost in the same time when the store does not answer at all', async () => {
    const { clock, store, options } = scene();
    const silent = with_(store, { renew: () => new Promise(() => {}) });
    await using lease = await holdLease(silent, 'orders', options(), never);
    await clock.advance(ttlMs - 1);
    expect(lease.lost.aborted).toBe(false);
    await clock.advance(1);
    expect(reason(lease.lost).code).toBe('LIB407');
  });

  it('is lost when the process slept through its end, without asking whether somebody had it meanwhile', async () => {
    const { clock, store, options } = scene();
    let renewals = 0;
    const counted = with_(store, {
      renew: async (...args) => {
        renewals += 1;
        return await store.renew(...args);
      },
    });
    await using lease = await holdLease(counted, 'orders', options(), never);
    await clock.jump(ttlMs + 1);
    expect(reason(lease.lost).code).toBe('LIB407');
    expect(renewals).toBe(0);
  });

  it('does not hang its disposal on a store that does not answer a renewal', async () => {
    const { clock, store, options } = scene();
    const silent = with_(store, { renew: () => new Promise(() => {}) });
    const lease = await holdLease(silent, 'orders', options(), never);
    await clock.advance(ttlMs / 3);
    await lease[Symbol.asyncDispose]();
    expect(clock.sleeping).toBe(0);
    expect(await store.acquire('orders', 'second', ttlMs)).toMatchObject({ ok: true });
  });

  it('does not hang its disposal on a store that does not answer the release', async () => {
    const { clock, store, options } = scene();
    const silent = with_(store, { release: () => new Promise(() => {}) });
    const lease = await holdLease(silent, 'orders', options(), never);
    let disposed = false;
    const disposing = lease[Symbol.asyncDispose]().then(() => {
      disposed = true;
    });
    await clock.advance(2999);
    expect(disposed).toBe(false);
    await clock.advance(1);
    await disposing;
  });

  it('is disposed quietly when the store cannot be told', async () => {
    const { store, options } = scene();
    const deaf = with_(store, { release: async () => Promise.reject(new Error('down')) });
    const lease = await holdLease(deaf, 'orders', options(), never);
    await expect(lease[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });

  it('goes on through the end of the signal that it was taken with: what is under way must still commit', async () => {
    const { clock, store, options } = scene();
    const stop = new AbortController();
    await using lease = await holdLease(store, 'orders', options(), stop.signal);
    stop.abort(new Error('stop'));
    await clock.advance(ttlMs * 2);
    expect(lease.lost.aborted).toBe(false);
  });
});

describe('a lease that another holds', () => {
  it('is refused with the holder and the time left', async () => {
    const { clock, store, options } = scene();
    await using _first = await holdLease(store, 'orders', options(), never);
    await clock.advance(4000);
    const refused = await failure(holdLease(store, 'orders', options({ holder: 'second' }), never));
    expect(refused).toMatchObject({ code: 'LIB406', exit: 4, place: { job: 'orders' } });
    expect(refused.message).toContain('first');
    expect(refused.message).toContain('26000 ms');
  });

  it('is waited for when asked to, and taken soon after its release', async () => {
    const { clock, store, options } = scene();
    const first = await holdLease(store, 'orders', options(), never);
    const waits: string[] = [];
    const taking = holdLease(
      store,
      'orders',
      options({ holder: 'second', wait: true, onWait: ({ holder, msLeft }) => waits.push(`${holder} ${msLeft}`) }),
      never,
    );
    await clock.advance(2500);
    expect(waits).toEqual(['first 30000', 'first 29000', 'first 28000']);
    await first[Symbol.asyncDispose]();
    await clock.advance(1000);
    await using second = await taking;
    expect(second.fence).toBe(first.fence + 1n);
  });

  it('is taken within its time when the holder has died', async () => {
    const { clock, store, options } = scene();
    await store.acquire('orders', 'dead', ttlMs);
    const began = clock.now();
    const taking = holdLease(store, 'orders', options({ holder: 'second', wait: true }), never);
    let taken = 0;
    void taking.then(() => (taken = clock.now() - began));
    await clock.advance(ttlMs + 50);
    expect(taken).toBeGreaterThanOrEqual(ttlMs);
    await (await taking)[Symbol.asyncDispose]();
  });

  it('is not waited for past the signal', async () => {
    const { clock, store, options } = scene();
    await using _first = await holdLease(store, 'orders', options(), never);
    const stop = new AbortController();
    const taking = holdLease(store, 'orders', options({ holder: 'second', wait: true }), stop.signal);
    const refused = expect(taking).rejects.toThrow('stop');
    await clock.advance(1500);
    stop.abort(new Error('stop'));
    await refused;
    // The first one's heart is all that still beats.
    expect(clock.sleeping).toBe(1);
  });

  it('is given back when the signal ended while it was being taken', async () => {
    const { store, options } = scene();
    const stop = new AbortController();
    const late = with_(store, {
      acquire: async (...args) => {
        const got = await store.acquire(...args);
        stop.abort(new Error('stop'));
        return got;
      },
    });
    await expect(holdLease(late, 'orders', options(), stop.signal)).rejects.toThrow('stop');
    expect(await store.acquire('orders', 'second', ttlMs)).toMatchObject({ ok: true });
  });
});
