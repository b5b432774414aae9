import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { interruptedExit } from '../../src/cli/signals.ts';
import { errorTable } from '../../src/kit/errors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const doc = readFileSync(join(root, 'docs/errors.md'), 'utf8');

/** The cells of every row of a Markdown table that begins with a match. */
function rows(first: RegExp): readonly (readonly string[])[] {
  const cells = doc.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return cells.filter(([head]) => head !== undefined && first.test(head));
}

const documented = rows(/^LIB/).map(([code, title, when, retried, exit, cure]) => ({ code, title, when, retried, exit, cure }));

describe('docs/errors.md', () => {
  it('has a row for every code of the table, in its order, with its title, retry class, exit code and cure', () => {
    const table = Object.entries(errorTable).map(([code, { title, retry, exit, cure }]) => ({
      code,
      title,
      retried: retry === 'transient' ? 'yes' : 'no',
      exit: String(exit),
      cure,
    }));
    expect(documented.map(({ when: _, ...row }) => row)).toEqual(table);
  });

  it('says of every code when it happens, in a sentence', () => {
    for (const { when } of documented) expect(when).toMatch(/^[A-Z`].*\.$/);
  });

  it('names no other code in its text', () => {
    const named = new Set(doc.match(/\bLIB\d{3}\b/g));
    expect([...named].filter((code) => !(code in errorTable))).toEqual([]);
  });

  it('explains every exit code that a command can end with, and no other', () => {
    const used = new Set([0, interruptedExit, ...Object.values(errorTable).map(({ exit }) => exit)]);
    expect(rows(/^\d+$/).map(([exit]) => Number(exit))).toEqual([...used].sort((a, b) => a - b));
  });
});

describe('every code of the table', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== join('kit', 'errors.ts'))
    .map((path) => readFileSync(join(root, 'src', path), 'utf8'))
    .join('\n');

  it.each(Object.keys(errorTable))('%s is used', (code) => {
    expect(sources.includes(`'${code}'`)).toBe(true);
  });
});
