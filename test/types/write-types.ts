// Writes the tables of docs/types.md anew: npx tsx test/types/write-types.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { withTables } from './type-tables.ts';

const path = new URL('../../docs/types.md', import.meta.url);
writeFileSync(path, withTables(readFileSync(path, 'utf8')));
