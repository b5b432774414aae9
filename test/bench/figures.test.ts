import { describe, expect, test } from 'vitest';
import { withFigures } from '../../bench/figures.ts';
import type { Recording } from '../../bench/result.ts';

const recording: Recording = {
  machine: {
    date: '2026-02-03T04:05:06.000Z',
    commit: 'abc',
    cpu: 'one',
    cores: 2,
    memoryGigabytes: 8,
    system: 'Linux',
    node: 'v20.1.0',
    versions: { MariaDB: '10.11.19-MariaDB-0+deb12u1-log' },
  },
  results: [
    {
      case: 'pg-kafka',
      what: 'rows',
      contenders: [
        { name: 'ceiling', rounds: [{ 'wall s': 1, 'cpu s': 4 }] },
        {
          name: 'liberate',
          rounds: [
            { 'wall s': 2, 'of ceiling': 0.5 },
            { 'wall s': 4, 'of ceiling': 0.25 },
          ],
        },
      ],
      skipped: null,
    },
    {
      case: 'memory',
      what: 'peak',
      contenders: ['ceiling, 10 rows', 'ceiling, 20 rows', 'liberate, 10 rows', 'liberate, 20 rows'].map((name, at) => ({
        name,
        rounds: [{ 'wall s': at, 'of ceiling': at }],
      })),
      skipped: null,
    },
    { case: 'start-up', what: 'nothing to do', contenders: [{ name: 'liberate', rounds: [{ 'wall ms': 1234 }] }], skipped: null },
    { case: 'pg-kafka-avro', what: 'rows', contenders: [], skipped: 'no registry' },
  ],
};

const marked = (within: string): string => `before\n<!-- figures: npx tsx bench/write-figures.ts -->\n${within}<!-- /figures -->\nafter\n`;

describe('the tables of a recording in a document', () => {
  test('stand between its marks, in place of those before: each load beside the ceiling of its size, spreads, other cases apart', () => {
    const written = withFigures(marked('an older table\n'), recording);
    expect(written).toBe(withFigures(written, recording));
    expect(written.split('\n')).toEqual([
      'before',
      '<!-- figures: npx tsx bench/write-figures.ts -->',
      '2026-02-03, one, 2 cores, 8 GB, Node 20.1.0, MariaDB 10.11.19, commit abc.',
      '',
      "| case | **of ceiling** | liberate, rows/s | liberate, s | ceiling, s | CPU, s | ceiling's CPU, s | peak MB | what |",
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
      '| `pg-kafka` | **0.375 (0.25-0.5)** |  | 3 (2-4) | 1 |  | 4 |  | rows |',
      '| `memory` | **2** |  | 2 | 0 |  |  |  | 10 rows: peak |',
      '| `memory` | **3** |  | 3 | 1 |  |  |  | 20 rows: peak |',
      '',
      '| `start-up`: nothing to do | wall ms |',
      '| --- | --- |',
      '| liberate | 1,234 |',
      '<!-- /figures -->',
      'after',
      '',
    ]);
  });

  test('are refused by a document without the marks', () => {
    expect(() => withFigures('a document', recording)).toThrow('has no <!-- figures');
  });
});
