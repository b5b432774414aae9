import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apart, withApart } from '../registry/apart.ts';
import { withChangeTable } from '../schema/change-table.ts';
import { changes } from '../schema/changes.ts';

// The tables are written by `npx tsx test/schema/write-changes.ts`.
const document = readFileSync(new URL('../../docs/schemas.md', import.meta.url), 'utf8');

describe('docs/schemas.md', () => {
  it('says of each change what the rules say of it, by format', () => {
    expect(document).toBe(withChangeTable(document));
    expect(changes.filter(({ of }) => !document.includes(`| ${of} |`))).toEqual([]);
  });

  it('says of which changes a registry says otherwise, and why', () => {
    expect(document).toBe(withApart(document));
    expect(apart.filter(({ why }) => !document.includes(why))).toEqual([]);
  });
});
