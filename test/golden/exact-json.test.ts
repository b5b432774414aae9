import { expect, test } from 'vitest';
import { parseExactly } from './exact-json.ts';

test('keeps the digits of numbers and leaves those inside of strings alone', () => {
  const text = '{"a\\"1":0.10,"b":[9007199254740993,-1.5e+300,null,true],"c":"12 \\"34\\" 5","d":{"7":8}}';
  expect(parseExactly(text)).toEqual({ 'a"1': '0.10', b: ['9007199254740993', '-1.5e+300', null, true], c: '12 "34" 5', d: { 7: '8' } });
});
