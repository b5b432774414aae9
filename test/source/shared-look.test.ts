import { describe, expect, it } from 'vitest';
import { SharedLook } from '../../src/source/shared-look.ts';

const never = new AbortController().signal;

/** Looks that are numbered, and answered when the test says so. */
function numbered() {
  const asked: { answer(): void; refuse(): void }[] = [];
  const look = new SharedLook<number>(
    () =>
      new Promise((resolve, reject) => {
        const number = asked.length + 1;
        asked.push({ answer: () => resolve(number), refuse: () => reject(new Error(`refused ${number}`)) });
      }),
  );
  return { look, asked };
}

describe('a look at the server that jobs share', () => {
  it('serves all that ask at about the same time', async () => {
    const { look, asked } = numbered();
    const taken = [look.take(Number.NEGATIVE_INFINITY, never), look.take(Number.NEGATIVE_INFINITY, never)];
    asked[0]?.answer();
    expect(await Promise.all(taken)).toEqual([1, 1]);
    expect(await look.take(Number.NEGATIVE_INFINITY, never)).toBe(1);
    expect(asked).toHaveLength(1);
  });

  it('is a new one for whoever has read since it began', async () => {
    const { look, asked } = numbered();
    const first = look.take(Number.NEGATIVE_INFINITY, never);
    const since = performance.now();
    const second = look.take(since, never);
    const fresh = look.take(Number.POSITIVE_INFINITY, never);
    for (const one of asked) one.answer();
    expect(await Promise.all([first, second, fresh])).toEqual([1, 2, 3]);
  });

  it('is not kept when it failed, nor ended by one of several who asked', async () => {
    const { look, asked } = numbered();
    const leaving = new AbortController();
    const [gone, stays] = [look.take(Number.NEGATIVE_INFINITY, leaving.signal), look.take(Number.NEGATIVE_INFINITY, never)];
    leaving.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    asked[0]?.refuse();
    await expect(stays).rejects.toThrow('refused 1');
    const again = look.take(Number.NEGATIVE_INFINITY, never);
    asked[1]?.answer();
    expect(await again).toBe(2);
  });
});
