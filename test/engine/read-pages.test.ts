import { describe, expect, it } from 'vitest';
import { nextLimit } from '../../src/engine/read-pages.ts';

describe('the size of the next page', () => {
  it('grows while the source is fast, up to what the job allows', () => {
    expect([nextLimit(250, 10, 10_000), nextLimit(4000, 499, 10_000), nextLimit(10_000, 0, 10_000)]).toEqual([1000, 10_000, 10_000]);
  });

  it('stays where it is fast enough', () => {
    expect([nextLimit(4000, 500, 10_000), nextLimit(4000, 2000, 10_000)]).toEqual([4000, 4000]);
  });

  it('shrinks where the source works long on it, and never below what a poll reads first', () => {
    expect([nextLimit(4000, 2001, 10_000), nextLimit(300, 60_000, 10_000), nextLimit(100, 60_000, 100)]).toEqual([2000, 250, 100]);
  });
});
