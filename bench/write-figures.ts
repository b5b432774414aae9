// Writes the tables of docs/performance.md anew from bench/baseline.json: npx tsx bench/write-figures.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { readBaseline } from './baseline.ts';
import { withFigures } from './figures.ts';

const recording = await readBaseline();
if (recording === null) throw new Error('there is no bench/baseline.json');
const path = new URL('../docs/performance.md', import.meta.url);
writeFileSync(path, withFigures(readFileSync(path, 'utf8'), recording));
