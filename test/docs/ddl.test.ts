import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withMatrix } from '../ddl/matrix.ts';

// The table is written by `npx tsx test/ddl/write-matrix.ts`.
it('docs/schemas.md tells of each change of a table what is tested of it, and of no other', () => {
  const document = readFileSync(new URL('../../docs/schemas.md', import.meta.url), 'utf8');
  expect(document).toBe(withMatrix(document));
});
