import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillVariables } from '../../src/config/variables.ts';

const noFile = (): { reason: string } => ({ reason: 'there is none' });
const fill = (text: string, env: Record<string, string | undefined> = {}) => fillVariables(text, env, noFile);
const escaped = (text: string): string => text.replaceAll('${', () => '$${');

describe('variables in a scalar', () => {
  test.each([
    ['${A}', { A: 'x' }, 'x'],
    ['a${A}b${B}', { A: '1', B: '2' }, 'a1b2'],
    ['${A:-d}', {}, 'd'],
    ['${A:-d}', { A: '' }, 'd'],
    ['${A:-}', {}, ''],
    ['${A:-postgres://x}', {}, 'postgres://x'],
    ['${A}', { A: '' }, ''],
    ['$${A}', { A: 'x' }, '${A}'],
    ['$$${A}', { A: 'x' }, '$${A}'],
    ['$A $ {A}', { A: 'x' }, '$A $ {A}'],
    ['${A}', { A: '${B}' }, '${B}'],
  ])('%s is filled in with %o to %s', (text, env, filled) => {
    expect(fill(text, env).text).toBe(filled);
  });

  test.each(['${', '${}', '${1A}', '${A-B}', '${ A }', 'x ${A'])('%s is malformed', (text) => {
    expect(fill(text, { A: 'x' })).toMatchObject({ text: null, faults: [{ kind: 'malformed' }] });
  });

  test('an unset variable is a fault, and so is each other one', () => {
    expect(fill('${A} ${B}').faults).toEqual([
      { kind: 'unset', name: 'A' },
      { kind: 'unset', name: 'B' },
    ]);
  });

  test('what an object inherits is not set', () => {
    expect(fill('${constructor}').faults).toEqual([{ kind: 'unset', name: 'constructor' }]);
  });

  test('a file is read, and only its last line end is cut', () => {
    const read = (path: string): { text: string } => ({ text: `${path}\n\n` });
    expect(fillVariables('<${file:/run/secrets/x y}>', {}, read).text).toBe('</run/secrets/x y\n>');
  });

  test('any text comes back when its ${ are written $${', () => {
    const pieces = fc.array(fc.oneof(fc.constantFrom('$', '{', '}', '${', '$${', 'A', ':-'), fc.string()));
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        expect(fill(escaped(text)).text).toBe(text);
      }),
    );
  });

  test('the value of a variable stands as it is, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (before, value, after) => {
        // A dollar just before the variable would escape it.
        const literal = (part: string): string => escaped(part).replace(/\$+$/, '');
        const text = `${literal(before)}\${NAME}${literal(after)}`;
        expect(fill(text, { NAME: value }).text).toBe(`${fill(literal(before)).text}${value}${fill(literal(after)).text}`);
      }),
    );
  });
});
