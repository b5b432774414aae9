import { describe, expect, test } from 'vitest';
import { inTurn, rotated, withRatios } from '../../bench/contender.ts';
import { shown, tableOf } from '../../bench/print.ts';
import type { Figures } from '../../bench/result.ts';

describe('the contenders of a case', () => {
  test('go in turn, another one first in each round, after one round of the first that does not count', async () => {
    const went: string[] = [];
    const contender = (name: string) => ({
      name,
      round: async (): Promise<Figures> => ({ place: went.push(name) }),
    });
    const measured = await inTurn(['a', 'b'].map(contender), 3, () => {});
    expect(went).toEqual(['a', 'a', 'b', 'b', 'a', 'a', 'b']);
    expect(measured).toEqual([
      { name: 'a', rounds: [{ place: 2 }, { place: 5 }, { place: 6 }] },
      { name: 'b', rounds: [{ place: 3 }, { place: 4 }, { place: 7 }] },
    ]);
  });

  test('each begin once before any begins twice', () => {
    expect([0, 1, 2, 3].map((round) => rotated(3, round))).toEqual([
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
      [0, 1, 2],
    ]);
  });

  test('are held against the ceiling of the same round', () => {
    const measured = [
      { name: 'ceiling', rounds: [{ 'wall s': 1 }, { 'wall s': 4 }] },
      { name: 'liberate', rounds: [{ 'wall s': 2 }, { 'wall s': 5 }] },
    ];
    expect(withRatios(measured)[1]?.rounds).toEqual([
      { 'wall s': 2, 'of ceiling': 0.5 },
      { 'wall s': 5, 'of ceiling': 0.8 },
    ]);
    expect(withRatios(measured)[0]).toEqual(measured[0]);
  });

  test('of a comparison are held against each other, too', () => {
    const measured = [
      { name: 'ceiling', rounds: [{ 'wall s': 1 }] },
      { name: 'A', rounds: [{ 'wall s': 4 }] },
      { name: 'B', rounds: [{ 'wall s': 2 }] },
    ];
    expect(withRatios(measured).map(({ rounds }) => rounds[0])).toEqual([
      { 'wall s': 1 },
      { 'wall s': 4, 'of ceiling': 0.25 },
      { 'wall s': 2, 'of ceiling': 0.5, 'of A': 2 },
    ]);
  });

  test('without a ceiling have no part of it', () => {
    const measured = [{ name: 'liberate', rounds: [{ 'wall s': 2 }] }];
    expect(withRatios(measured)).toEqual(measured);
  });
});

describe('a printed case', () => {
  test('has the median of each figure, and its ends where there were several rounds', () => {
    const contenders = [
      { name: 'ceiling', rounds: [{ 'wall s': 1 }] },
      { name: 'liberate', rounds: [{ 'wall s': 3, 'peak MB': 150 }, { 'wall s': 2, 'peak MB': 1234 }, { 'wall s': 2.5 }] },
    ];
    const lines = tableOf({ case: 'pg-kafka', what: 'rows', contenders, skipped: null }).split('\n');
    const cells = (text: string): readonly string[] => text.split('│').map((cell) => cell.trim());
    expect(lines[0]).toBe('pg-kafka: rows');
    expect(lines.filter((line) => line.includes('│')).map(cells)).toEqual([
      ['', '', 'wall s', 'peak MB', ''],
      ['', 'ceiling', '1', '', ''],
      ['', 'liberate', '2.5 (2-3)', '692 (150-1,234)', ''],
    ]);
  });

  test('that was left out says why', () => {
    expect(tableOf({ case: 'pg-latency-wake', what: 'commits', contenders: [], skipped: 'no key wake' })).toBe(
      'pg-latency-wake: commits\n  skipped: no key wake',
    );
  });

  test.each([
    [1234567.8, '1,234,568'],
    [99.96, '100'],
    [12.345, '12.3'],
    [0.0456, '0.0456'],
    [0, '0'],
  ])('shows %f as %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });
});
