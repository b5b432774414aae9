/** Time as a collaborator, so that tests can supply their own. `now` is milliseconds since 1970. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts: the caller looks at the signal. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** setTimeout fires at once for a delay past 2^31-1 ms, so a longer sleep is taken in legs. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    let left = ms;
    while (left > 0 && !signal.aborted) {
      const leg = Math.min(left, longestTimer);
      await leggedSleep(leg, signal);
      left -= leg;
    }
  },
};

function leggedSleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
