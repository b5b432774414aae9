// Writes the table of changes in docs/schemas.md anew: npx tsx test/schema/write-changes.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { withChangeTable } from './change-table.ts';

const path = new URL('../../docs/schemas.md', import.meta.url);
writeFileSync(path, withChangeTable(readFileSync(path, 'utf8')));
