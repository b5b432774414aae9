import { describe, expect, it } from 'vitest';
import type { Level } from '../../src/observe/describe-event.ts';
import { prettyLogger } from '../../src/observe/pretty.ts';

function linesAt(level: Level): readonly string[] {
  const lines: string[] = [];
  const logger = prettyLogger({
    write: (line) => lines.push(line),
    level,
    now: () => Date.parse('2026-11-21T12:00:07.900Z'),
    paint: (of, text) => `<${of}>${text}`,
  });
  for (const each of ['debug', 'info', 'warn', 'error'] as const) logger[each]({ hidden: 1 }, `it is ${each}`);
  return lines;
}

describe('the log of a terminal', () => {
  it('is a short line an event: time, level, message', () => {
    expect(linesAt('debug')).toEqual([
      '12:00:07 <debug>debug it is debug\n',
      '12:00:07 <info>info  it is info\n',
      '12:00:07 <warn>warn  it is warn\n',
      '12:00:07 <error>error it is error\n',
    ]);
  });

  it('leaves out what lies below its level', () => {
    expect(linesAt('warn').map((line) => line.slice(-6))).toEqual([' warn\n', 'error\n']);
    expect(linesAt('error')).toHaveLength(1);
  });
});
