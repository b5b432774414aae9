import { describe, expect, it } from 'vitest';
import { arrayJson } from '../../../src/source/postgres/array.ts';

const json = (text: string): string => arrayJson(text, ',', JSON.stringify);

describe('arrayJson', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{}', '[]'],
    ['{a}', '["a"]'],
    ['{a,NULL,b}', '["a",null,"b"]'],
    ['{"NULL"}', '["NULL"]'],
    ['{null}', '["null"]'],
    ['{""}', '[""]'],
    [String.raw`{"q\"q","b\\b","a,b","{x}"," s "}`, String.raw`["q\"q","b\\b","a,b","{x}"," s "]`],
    ['{{a,b},{c,d}}', '[["a","b"],["c","d"]]'],
    ['{{{a}},{{b}}}', '[[["a"]],[["b"]]]'],
    ['[0:1]={a,b}', '["a","b"]'],
    ['[-1:0][2:2]={{a},{b}}', '[["a"],["b"]]'],
    ['{"line\nbreak"}', '["line\\nbreak"]'],
  ];
  it.each(cases)('turns %s into %s', (text, expected) => {
    expect(json(text)).toBe(expected);
    expect(() => JSON.parse(json(text))).not.toThrow();
  });

  it('splits at the separator that the type has', () => {
    expect(arrayJson('{(2,2),(1,1);(4,4),(3,3)}', ';', JSON.stringify)).toBe('["(2,2),(1,1)","(4,4),(3,3)"]');
  });
});
