import { setTimeout as sleep } from 'node:timers/promises';

const interval = 20;

/**
 * Asks again and again until the condition gives something true, and returns that. An error of
 * the condition counts as "not yet" and is the cause of the failure at the deadline. The only
 * place in the tests that waits by time.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeout = 10_000, what = 'the condition' }: { readonly timeout?: number; readonly what?: string } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = Date.now() + timeout;
  let last: unknown;
  do {
    try {
      const value = await condition();
      if (isTrue(value)) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await sleep(interval);
  } while (Date.now() < deadline);
  throw new Error(`${what} did not come within ${timeout} ms`, { cause: last });
}

function isTrue<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined;
}
