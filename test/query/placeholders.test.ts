import { describe, expect, it } from 'vitest';
import { bareQuery, type Lexis, splitPlaceholders } from '../../src/query/placeholders.ts';

/** The text with each name of ours in guillemets. */
const marked = (text: string, lexis: Lexis): string =>
  splitPlaceholders(text, lexis)
    .map((piece) => ('text' in piece ? piece.text : `«${piece.name}»`))
    .join('');

describe('splitPlaceholders', () => {
  const both: readonly (readonly [string, string])[] = [
    ['WHERE t >= :since AND t < :until', 'WHERE t >= «since» AND t < «until»'],
    ['WHERE t>=:since', 'WHERE t>=«since»'],
    [':since', '«since»'],
    ['no names here', 'no names here'],
    ["WHERE a = ':since' AND b = :since", "WHERE a = ':since' AND b = «since»"],
    ["WHERE a = 'it''s :since' AND b = :since", "WHERE a = 'it''s :since' AND b = «since»"],
    ['SELECT ":since" AS a, :since', 'SELECT ":since" AS a, «since»'],
    ['SELECT `:since` AS a, :since', 'SELECT `:since` AS a, «since»'],
    ["-- it's :since\n:until", "-- it's :since\n«until»"],
    ["/* it's\n:since */ :until", "/* it's\n:since */ «until»"],
    [':since_x :sincere :Since', ':since_x :sincere :Since'],
  ];
  it.each(both.flatMap(([text, expected]) => [['standard', text, expected] as const, ['mysql', text, expected] as const]))(
    'in %s text, %s becomes %s',
    (lexis, text, expected) => {
      expect(marked(text, lexis)).toBe(expected);
    },
  );

  const standard: readonly (readonly [string, string])[] = [
    ['t >= :since::date AND x::until = 1', 't >= «since»::date AND x::until = 1'],
    // A backslash ends no string early, and escapes only after E.
    ["path = 'C:\\' AND t > :since", "path = 'C:\\' AND t > «since»"],
    ["note = E'it\\'s :since' AND t > :since", "note = E'it\\'s :since' AND t > «since»"],
    ["SELECT $$ it's :since $$, $a$ $$ :since $a$, :since, $1", "SELECT $$ it's :since $$, $a$ $$ :since $a$, «since», $1"],
    ['SELECT a #> b, :since', 'SELECT a #> b, «since»'],
  ];
  it.each(standard)('in standard text, %s becomes %s', (text, expected) => {
    expect(marked(text, 'standard')).toBe(expected);
  });

  const mysql: readonly (readonly [string, string])[] = [
    ["note = 'it\\'s :since' AND t > :since", "note = 'it\\'s :since' AND t > «since»"],
    ['note = "it\\"s :since" AND t > :since', 'note = "it\\"s :since" AND t > «since»'],
    ["# it's :since\n:until", "# it's :since\n«until»"],
    // Not a comment without white space: it is two minus signs.
    ["SELECT 5--1, :since, 'x'", "SELECT 5--1, «since», 'x'"],
  ];
  it.each(mysql)('in MySQL text, %s becomes %s', (text, expected) => {
    expect(marked(text, 'mysql')).toBe(expected);
  });
});

describe('bareQuery', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['SELECT 1', 'SELECT 1'],
    ['SELECT 1;', 'SELECT 1'],
    ['SELECT 1 ; ; \n', 'SELECT 1'],
    ['SELECT 1; -- done;', 'SELECT 1'],
    ['SELECT 1 /* a */ ; /* b; */', 'SELECT 1'],
    ["SELECT ';'", "SELECT ';'"],
    ["SELECT '; -- x' -- ;", "SELECT '; -- x'"],
    ['-- first\nSELECT 1 -- middle\n, 2;', '-- first\nSELECT 1 -- middle\n, 2'],
    ['SELECT t >= :since;', 'SELECT t >= :since'],
    [' ; ', ''],
    ['', ''],
  ];
  it.each(cases)('of %j is %j', (text, expected) => {
    expect(bareQuery(text, 'standard')).toBe(expected);
    expect(bareQuery(text, 'mysql')).toBe(expected);
  });

  it('knows the comment of MySQL', () => {
    expect(bareQuery('SELECT 1; # done', 'mysql')).toBe('SELECT 1');
    expect(bareQuery('SELECT 1 # 2', 'standard')).toBe('SELECT 1 # 2');
  });
});
