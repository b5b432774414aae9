import { describe, expect, test } from 'vitest';
import { benchSettings, chosen, compareSettings, UsageError } from '../../bench/arguments.ts';

describe('the arguments of npm run bench', () => {
  test('are three rounds of every case at its own size when there are none', () => {
    expect(benchSettings([])).toEqual({
      only: [],
      rows: null,
      rounds: 3,
      seconds: null,
      full: false,
      list: false,
      peers: false,
      profile: null,
      out: '.liberate/bench.json',
    });
  });

  test('choose cases, sizes and a file', () => {
    const args = [
      '--only',
      'pg-kafka,idle-*',
      '--rows',
      '1000000',
      '--rounds',
      '5',
      '--seconds=10',
      '--full',
      '--out',
      'x.json',
      '--profile',
      'p',
    ];
    expect(benchSettings(args)).toEqual({
      only: ['pg-kafka', 'idle-*'],
      rows: 1_000_000,
      rounds: 5,
      seconds: 10,
      full: true,
      list: false,
      peers: false,
      profile: 'p',
      out: 'x.json',
    });
  });

  test.each([
    [['--rows', '1e6'], '--rows is a whole number from 1, found 1e6'],
    [['--rounds', '0'], '--rounds is a whole number from 1, found 0'],
    [['--row', '5'], '--row'],
    [['pg-kafka'], 'cases are chosen by --only'],
  ])('are refused: %j', (args, words) => {
    expect(() => benchSettings(args)).toThrow(UsageError);
    expect(() => benchSettings(args)).toThrow(words);
  });
});

describe('the arguments of npm run bench:compare', () => {
  test('are two commits, and the plainest case where none is chosen', () => {
    expect(compareSettings(['main~1', 'main'])).toMatchObject({ commits: ['main~1', 'main'], only: ['pg-kafka'], rounds: 3 });
    expect(compareSettings(['a', 'b', '--only', 'start-up'])).toMatchObject({ only: ['start-up'] });
  });

  test.each([[[]], [['a']], [['a', 'b', 'c']]])('are refused: %j', (args) => {
    expect(() => compareSettings(args)).toThrow(`two commits are expected, found ${args.length}`);
  });
});

describe('the chosen cases', () => {
  const names = ['pg-kafka', 'pg-kafka-6', 'sqlite-kafka', 'idle-100'];

  test('are all of them, in their order, unless some are named', () => {
    expect(chosen(names, [])).toEqual(names);
    expect(chosen(names, ['idle-100', 'pg-kafka'])).toEqual(['pg-kafka', 'idle-100']);
  });

  test('are found by a pattern of the whole name', () => {
    expect(chosen(names, ['pg-*'])).toEqual(['pg-kafka', 'pg-kafka-6']);
    expect(chosen(names, ['*kafka'])).toEqual(['pg-kafka', 'sqlite-kafka']);
  });

  test('are never none: a name without a case is a mistake', () => {
    expect(() => chosen(names, ['pg-kafka', 'pg_kafka'])).toThrow('--only pg_kafka finds no case; there are pg-kafka, pg-kafka-6');
  });
});
