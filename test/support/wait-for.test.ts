import { expect, test } from 'vitest';
import { waitFor } from './wait-for.ts';

test('it returns what the condition comes to', async () => {
  let asked = 0;
  expect(await waitFor(() => (++asked < 3 ? null : asked))).toBe(3);
});

test('an error of the condition means "not yet"', async () => {
  let asked = 0;
  const condition = async (): Promise<string> => {
    if (++asked < 3) throw new Error('not yet');
    return 'done';
  };
  expect(await waitFor(condition)).toBe('done');
});

test('at the deadline it fails, names what it waited for and keeps the last error', async () => {
  const cause = new Error('still down');
  const waiting = waitFor(() => Promise.reject(cause), { timeout: 50, what: 'the server' });
  await expect(waiting).rejects.toMatchObject({ message: 'the server did not come within 50 ms', cause });
});
