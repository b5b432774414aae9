// Writes the key tables of docs/jobs.md anew: npx tsx test/config/write-key-tables.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { withTables } from './key-tables.ts';

const path = new URL('../../docs/jobs.md', import.meta.url);
writeFileSync(path, withTables(readFileSync(path, 'utf8')));
