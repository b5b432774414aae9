import { describe, expect, test } from 'vitest';
import { hottest, type SourceAt, selfTimes } from '../../bench/self-time.ts';

const node = (id: number, functionName: string, url: string, lineNumber = 0) => ({ id, callFrame: { functionName, url, lineNumber } });

const profile = {
  nodes: [
    node(1, '(idle)', ''),
    node(2, 'encode', 'file:///x/dist/chunks/kafka.js', 9),
    node(3, 'crc', 'file:///x/node_modules/kafkajs/src/protocol/crc.js', 4),
    node(4, 'zip', 'file:///x/node_modules/@a/b/node_modules/@node-rs/crc32/index.js'),
    node(5, '', 'node:internal/streams'),
    node(6, 'never', 'file:///x/dist/chunks/start.js'),
    node(7, 'toSQL', 'file:///x/dist/chunks/start.js', 7),
  ],
  samples: [1, 2, 3, 2, 4, 5, 7],
  timeDeltas: [7, 10, 20, 30, 40, 50, 0, 5],
};

const sourceAt: SourceAt = (url, line) => {
  if (url.endsWith('/kafka.js')) return 'src/sink/kafka/sender.ts';
  return url.endsWith('/start.js') && line === 8 ? 'knex/lib/query/querycompiler.js' : null;
};

describe('the self times of a profile', () => {
  test('last from a sample to the next one', () => {
    expect(hottest(selfTimes(profile, sourceAt), 'function', 9)).toEqual(
      [
        ['zip crc32/index.js:1', 50],
        ['crc protocol/crc.js:5', 30],
        ['encode kafka/sender.ts (kafka.js:10)', 60],
        ['toSQL query/querycompiler.js (start.js:8)', 5],
        ['(idle)', 10],
        ['anonymous node:internal/streams:1', 0],
      ].sort(([, a], [, b]) => Number(b) - Number(a)),
    );
  });

  test('are summed by package, by folder of the project, and as Node’s own', () => {
    expect(new Map(hottest(selfTimes(profile, sourceAt), 'place', 9))).toEqual(
      new Map([
        ['src/sink/kafka', 60],
        ['@node-rs/crc32', 50],
        ['kafkajs', 30],
        ['knex', 5],
        ['(idle)', 10],
        ['node', 0],
      ]),
    );
  });

  test('are as many as asked for, the largest first', () => {
    expect(hottest(selfTimes(profile, sourceAt), 'place', 2)).toEqual([
      ['src/sink/kafka', 60],
      ['@node-rs/crc32', 50],
    ]);
  });
});
