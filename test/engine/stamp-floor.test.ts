import { expect, it } from 'vitest';
import { StampTracker } from '../../src/engine/stamp-tracker.ts';
import { noProgress, type Progress } from '../../src/engine/tracker.ts';
import type { Horizon } from '../../src/model/watermark.ts';

const horizon = (floor: number, now: number): Horizon => ({ now: BigInt(now), floor: BigInt(floor), method: 'test' });
const polled: Progress = { ...noProgress, mark: ['120', 'a'], since: '100' };
const open = (at: Horizon): StampTracker => new StampTracker(polled, at, { kind: 'all' }, () => undefined);

it('a look that sees less than the one before does not reach back behind what that one had proved', () => {
  const tracker = open(horizon(40, 160));
  expect(tracker.recentFrom).toBe(100n);
  expect(tracker.end().since).toBe('100');
});

it('a look that sees more moves on', () => {
  expect(open(horizon(150, 160)).end().since).toBe('150');
});

it('a clock that was set back makes what was proved before worthless', () => {
  const tracker = open(horizon(40, 50));
  expect(tracker.window).toMatchObject({ floor: 100n });
  expect(tracker.end().since).toBe('40');
});
