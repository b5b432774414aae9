import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const spec = readFileSync(`${root}docs/spec.md`, 'utf8');
const named = [...spec.matchAll(/^- (test\/\S+): (.+)$/gm)].map(([, file, title]) => ({ file: file as string, title: title as string }));

describe('the spec', () => {
  it('numbers the eight promises, each with a test', () => {
    const sections = spec.split(/^## /m).slice(1);
    expect(sections.map((text) => text.slice(0, 1))).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    for (const text of sections) expect(text).toMatch(/^- test\//m);
  });

  it.each(named)('names a test that exists: $file: $title', ({ file, title }) => {
    expect(existsSync(`${root}${file}`)).toBe(true);
    expect(readFileSync(`${root}${file}`, 'utf8').replaceAll("\\'", "'")).toContain(title);
  });
});
