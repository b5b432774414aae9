// Writes the tables of changes, and of where registries differ, in docs/schemas.md anew: npx tsx test/schema/write-changes.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { withApart } from '../registry/apart.ts';
import { withChangeTable } from './change-table.ts';

const path = new URL('../../docs/schemas.md', import.meta.url);
writeFileSync(path, withApart(withChangeTable(readFileSync(path, 'utf8'))));
