import { describe, expect, it } from 'vitest';
import { Alarm } from '../../src/engine/alarm.ts';
import { HandClock } from '../state/hand-clock.ts';

const never = new AbortController().signal;

describe('a job waits', () => {
  /** When the wait ends, in milliseconds from now; what is done meanwhile is a list of moments. */
  const ends = async (
    { due, earliest = 0 }: { readonly due: number; readonly earliest?: number },
    doing: readonly (readonly [number, (alarm: Alarm) => void])[] = [],
    signal = never,
  ): Promise<number | null> => {
    const clock = new HandClock();
    const alarm = new Alarm(clock, true);
    const start = clock.now();
    let ended: number | null = null;
    void alarm.wait(start + due, start + earliest, signal).then(() => {
      ended = clock.now() - start;
    });
    for (const [at, what] of doing) {
      await clock.advance(start + at - clock.now());
      what(alarm);
    }
    await clock.advance(start + 100_000 - clock.now());
    return ended;
  };
  const ring = (alarm: Alarm): void => alarm.ring();

  it('until it is due, without a hint', async () => {
    expect(await ends({ due: 5000 })).toBe(5000);
  });

  it('until a hint comes, long before it is due', async () => {
    expect(await ends({ due: 50_000, earliest: 5 }, [[70, ring]])).toBe(70);
  });

  it('with a hint that comes too early, until its time has come', async () => {
    expect(await ends({ due: 50_000, earliest: 400 }, [[70, ring]])).toBe(400);
    expect(await ends({ due: 300, earliest: 400 }, [[70, ring]])).toBe(300);
  });

  it('no longer than to the end of the run', async () => {
    const stop = new AbortController();
    expect(await ends({ due: 50_000, earliest: 5 }, [[70, () => stop.abort()]], stop.signal)).toBe(70);
    expect(await ends({ due: 50_000, earliest: 400 }, [], stop.signal)).toBe(0);
  });

  it('not at all for a hint from before, unless a cycle has answered it', async () => {
    const clock = new HandClock();
    const alarm = new Alarm(clock, true);
    alarm.ring();
    await alarm.wait(clock.now() + 9000, clock.now(), never);
    alarm.answer();
    let over = false;
    void alarm.wait(clock.now() + 9000, clock.now(), never).then(() => {
      over = true;
    });
    await clock.advance(8999);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(over).toBe(true);
  });

  it('not at all when the cycle that a hint had started is to be done again', async () => {
    const clock = new HandClock();
    const alarm = new Alarm(clock, true);
    alarm.ring();
    alarm.answer();
    alarm.again();
    const start = clock.now();
    await alarm.wait(start + 9000, start, never);
    alarm.answer();
    alarm.answer();
    alarm.again();
    expect(clock.sleeping).toBe(0);
    const waiting = alarm.wait(start + 9000, start, never);
    await clock.advance(9000);
    await waiting;
    expect(clock.now()).toBe(start + 9000);
  });
});
