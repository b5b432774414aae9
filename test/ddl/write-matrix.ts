// Writes the table of docs/schemas.md anew: npx tsx test/ddl/write-matrix.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { withMatrix } from './matrix.ts';

const path = new URL('../../docs/schemas.md', import.meta.url);
writeFileSync(path, withMatrix(readFileSync(path, 'utf8')));
