import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readBaseline } from '../../bench/baseline.ts';
import { withFigures } from '../../bench/figures.ts';

// The tables are written by `npx tsx bench/write-figures.ts`.
it('docs/performance.md tells the figures that bench/baseline.json holds, and no other', async () => {
  const recording = await readBaseline();
  if (recording === null) throw new Error('nothing is recorded');
  const document = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  expect(document).toBe(withFigures(document, recording));
});
