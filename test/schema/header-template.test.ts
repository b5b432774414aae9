import { describe, expect, it } from 'vitest';
import { jsonMembers } from '../../src/schema/json/members.ts';
import { headerColumns, headerPieces, headerText } from '../../src/schema/shape/header-template.ts';

describe('the template of a header', () => {
  it('has columns in braces, and braces that are doubled or stand alone as they are', () => {
    expect(headerPieces('{tenant_id}')).toEqual([{ kind: 'column', name: 'tenant_id' }]);
    expect(headerColumns('a {b} {c d}')).toEqual(['b', 'c d']);
    expect(headerPieces('x{{{b}}}')).toEqual([
      { kind: 'text', text: 'x{' },
      { kind: 'column', name: 'b' },
      { kind: 'text', text: '}' },
    ]);
    expect(headerText('{{b}} }} { done')).toBe('{b} } { done');
    expect(headerText('shop')).toBe('shop');
  });
});

describe('the members of a JSON object', () => {
  it('are the texts that stand there, however they are nested, escaped or spaced', () => {
    const json = '{"a":9007199254740993,"b\\"}":"x,\\"}", "c" : [1,{"d":"]"}] ,"é":null}';
    expect([...jsonMembers(Buffer.from(json))]).toEqual([
      ['a', '9007199254740993'],
      ['b"}', '"x,\\"}"'],
      ['c', '[1,{"d":"]"}]'],
      ['é', 'null'],
    ]);
    expect(jsonMembers(Buffer.from('{}')).size).toBe(0);
  });
});
