import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Limiter } from '../../src/kit/limiter.ts';

const never = new AbortController().signal;

interface Gate {
  readonly promise: Promise<void>;
  open(): void;
}

function gate(): Gate {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open: () => open() };
}

/** Everything that can go on without us has. */
const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a limiter', () => {
  it('lets in at once whoever does not want to wait, or not at all', async () => {
    const limiter = new Limiter(2);
    expect([limiter.tryEnter(), limiter.tryEnter(), limiter.tryEnter()]).toEqual([true, true, false]);
    const waiting = limiter.enter(never);
    limiter.leave();
    await waiting;
    // The place was given to the one that waited.
    expect(limiter.tryEnter()).toBe(false);
    limiter.leave();
    expect(limiter.tryEnter()).toBe(true);
  });

  it('gives what the work gives, and its failure, and frees the place either way', async () => {
    const limiter = new Limiter(1);
    await expect(limiter.run(never, () => Promise.resolve(7))).resolves.toBe(7);
    await expect(limiter.run(never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(limiter.run(never, () => Promise.resolve(8))).resolves.toBe(8);
  });

  it('lets so many in at a time, first come first served', async () => {
    const limiter = new Limiter(2);
    const gates = [gate(), gate(), gate(), gate()];
    const entered: number[] = [];
    const runs = gates.map(({ promise }, at) =>
      limiter.run(never, () => {
        entered.push(at);
        return promise;
      }),
    );
    await idle();
    expect(entered).toEqual([0, 1]);
    gates[1]?.open();
    await idle();
    expect(entered).toEqual([0, 1, 2]);
    gates[0]?.open();
    gates[2]?.open();
    gates[3]?.open();
    await Promise.all(runs);
    expect(entered).toEqual([0, 1, 2, 3]);
  });

  it('lets nobody overtake the one who waits', async () => {
    const limiter = new Limiter(1);
    const first = gate();
    const entered: string[] = [];
    const enter = (name: string) => async (): Promise<void> => {
      entered.push(name);
    };
    const holding = limiter.run(never, () => first.promise);
    const waiting = limiter.run(never, enter('waiting'));
    first.open();
    // The place is free now, and the one who waits has not gone on yet.
    const newcomer = holding.then(() => limiter.run(never, enter('newcomer')));
    await Promise.all([waiting, newcomer]);
    expect(entered).toEqual(['waiting', 'newcomer']);
  });

  it('lets nobody in whose signal is aborted, and forgets a waiter whose signal aborts', async () => {
    const limiter = new Limiter(1);
    await expect(limiter.run(AbortSignal.abort('stop'), () => Promise.resolve())).rejects.toBe('stop');
    const first = gate();
    const holding = limiter.run(never, () => first.promise);
    const controller = new AbortController();
    const leaving = limiter.run(controller.signal, () => Promise.reject(new Error('must not run')));
    const staying = limiter.run(never, () => Promise.resolve('in'));
    controller.abort('stop');
    await expect(leaving).rejects.toBe('stop');
    first.open();
    await holding;
    await expect(staying).resolves.toBe('in');
  });

  it('never has more inside than it may, and none left waiting, whoever aborts and fails', async () => {
    const worker = fc.record({ aborts: fc.boolean(), fails: fc.boolean(), turns: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(worker, { maxLength: 12 }), async (most, workers) => {
        const limiter = new Limiter(most);
        let inside = 0;
        let peak = 0;
        const runs = workers.map(({ aborts, fails, turns }) => {
          const controller = new AbortController();
          const run = limiter.run(controller.signal, async () => {
            inside += 1;
            peak = Math.max(peak, inside);
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            inside -= 1;
            if (fails) throw new Error('no');
          });
          if (aborts) controller.abort(new Error('stop'));
          return run;
        });
        await Promise.allSettled(runs);
        expect(peak).toBeLessThanOrEqual(most);
        expect(inside).toBe(0);
        await expect(limiter.run(never, () => Promise.resolve('free'))).resolves.toBe('free');
      }),
    );
  });
});
