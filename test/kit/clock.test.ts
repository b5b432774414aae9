import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/kit/clock.ts';

const never = new AbortController().signal;

/** Is the promise settled once everything that is due has run? */
async function settled(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  return done;
}

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells milliseconds since 1970', () => {
    expect(systemClock.now()).toBe(1_800_000_000_000);
  });

  it('sleeps as long as it is told', async () => {
    const sleep = systemClock.sleep(1000, never);
    await vi.advanceTimersByTimeAsync(999);
    expect(await settled(sleep)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await settled(sleep)).toBe(true);
  });

  it('does not sleep for no time, or less', async () => {
    expect(await settled(systemClock.sleep(0, never))).toBe(true);
    expect(await settled(systemClock.sleep(-5, never))).toBe(true);
  });

  it('sleeps on past the longest timer there is', async () => {
    const days = 40 * 86_400_000;
    const sleep = systemClock.sleep(days, never);
    await vi.advanceTimersByTimeAsync(days - 1);
    expect(await settled(sleep)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await settled(sleep)).toBe(true);
  });

  it('wakes without an error when the signal aborts, and leaves no timer', async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(60_000, controller.signal);
    controller.abort();
    await expect(sleep).resolves.toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
    await expect(systemClock.sleep(60_000, controller.signal)).resolves.toBeUndefined();
  });
});
