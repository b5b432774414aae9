import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { described, tables, withTables } from '../types/type-tables.ts';

// The tables are written by `npx tsx test/types/write-types.ts`.
const document = readFileSync(new URL('../../docs/types.md', import.meta.url), 'utf8');

describe('docs/types.md', () => {
  it('has a table for each database, and none besides', () => {
    for (const kind of ['types', 'schemas']) {
      expect([...document.matchAll(new RegExp(`<!-- ${kind} (.+?) -->`, 'g'))].map(([, name]) => name)).toEqual(Object.keys(tables));
    }
  });

  it.each(Object.keys(tables))('has schemas of exactly the types of %s that are tested', (name) => {
    expect(described[name]?.map(({ type }) => type)).toEqual(tables[name]?.map(({ type }) => type));
  });

  it('tells of each type that is tested what is tested of it, and of no other', () => {
    expect(document).toBe(withTables(document));
  });
});
