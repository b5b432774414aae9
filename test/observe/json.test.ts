import { describe, expect, it } from 'vitest';
import type { Level } from '../../src/observe/describe-event.ts';
import { jsonLogger } from '../../src/observe/json.ts';

function linesAt(level: Level): readonly string[] {
  const lines: string[] = [];
  const logger = jsonLogger({ write: (line) => lines.push(line), level, now: () => Date.parse('2026-11-21T12:00:07.900Z') });
  for (const each of ['debug', 'info', 'warn', 'error'] as const) logger[each]({ job: 'a', rows: 1, mark: null }, `"${each}"\n`);
  return lines;
}

describe('the log of a machine', () => {
  it('is a JSON object a line: level, time, the fields, the message', () => {
    expect(linesAt('error')).toEqual([
      '{"level":"error","time":"2026-11-21T12:00:07.900Z","job":"a","rows":1,"mark":null,"msg":"\\"error\\"\\n"}\n',
    ]);
  });

  it('leaves out what lies below its level', () => {
    expect(linesAt('warn').map((line) => JSON.parse(line).level)).toEqual(['warn', 'error']);
    expect(linesAt('debug')).toHaveLength(4);
  });
});
