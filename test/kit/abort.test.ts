import { afterEach, describe, expect, it, vi } from 'vitest';
import { lingeringSignal, orAbort, throwIfAborted, within } from '../../src/kit/abort.ts';

const aborted = (reason: unknown): AbortSignal => AbortSignal.abort(reason);
const forever = new Promise<never>(() => undefined);

describe('throwIfAborted', () => {
  it('throws the very reason of the signal', () => {
    const reason = new Error('stop');
    expect(() => throwIfAborted(aborted(reason))).toThrow(reason);
    expect(() => throwIfAborted(new AbortController().signal)).not.toThrow();
  });
});

describe('orAbort', () => {
  it('gives what the work gives, and its failure', async () => {
    const { signal } = new AbortController();
    await expect(orAbort(Promise.resolve(7), signal)).resolves.toBe(7);
    await expect(orAbort(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  it('rejects with the reason as soon as the signal aborts', async () => {
    const controller = new AbortController();
    const waiting = orAbort(forever, controller.signal);
    const reason = new Error('stop');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('rejects at once when the signal was aborted before', async () => {
    await expect(orAbort(forever, aborted('done'))).rejects.toBe('done');
  });

  it('leaves no listener on a signal that lives on', async () => {
    const { signal } = new AbortController();
    const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    await orAbort(Promise.resolve(1), signal);
    await orAbort(Promise.reject(new Error('no')), signal).catch(() => undefined);
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(add.mock.calls.map(([, listener]) => listener));
  });
});

describe('a lingering signal', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('aborts with the reason of the other, so much later', () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    using lingering = lingeringSignal(controller.signal, 3000);
    vi.advanceTimersByTime(10_000);
    expect(lingering.signal.aborted).toBe(false);
    controller.abort('stop');
    vi.advanceTimersByTime(2999);
    expect(lingering.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(lingering.signal.reason).toBe('stop');
  });

  it('has its grace too when the other was aborted before', () => {
    vi.useFakeTimers();
    using lingering = lingeringSignal(aborted('stop'), 3000);
    expect(lingering.signal.aborted).toBe(false);
    vi.advanceTimersByTime(3000);
    expect(lingering.signal.aborted).toBe(true);
  });

  it('never aborts once disposed of, and keeps no timer', () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const before = lingeringSignal(controller.signal, 1000);
    const during = lingeringSignal(controller.signal, 1000);
    before[Symbol.dispose]();
    controller.abort();
    during[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
    expect([before.signal.aborted, during.signal.aborted]).toEqual([false, false]);
  });
});

describe('within', () => {
  afterEach(() => void vi.useRealTimers());

  it('ends with the work, however that ends', async () => {
    await expect(within(1_000_000, Promise.resolve(7))).resolves.toBeUndefined();
    await expect(within(1_000_000, Promise.reject(new Error('no')))).resolves.toBeUndefined();
  });

  it('ends without it when the time is over', async () => {
    vi.useFakeTimers();
    const waiting = within(1000, forever);
    await vi.advanceTimersByTimeAsync(1000);
    await expect(waiting).resolves.toBeUndefined();
  });
});
