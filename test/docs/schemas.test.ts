import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withChangeTable } from '../schema/change-table.ts';
import { changes } from '../schema/changes.ts';

// The table is written by `npx tsx test/schema/write-changes.ts`.
const document = readFileSync(new URL('../../docs/schemas.md', import.meta.url), 'utf8');

describe('docs/schemas.md', () => {
  it('says of each change what the rules say of it, by format', () => {
    expect(document).toBe(withChangeTable(document));
    expect(changes.filter(({ of }) => !document.includes(`| ${of} |`))).toEqual([]);
  });
});
