import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { shown } from './print.ts';
import type { Recording, Result } from './result.ts';
import { spreadOf } from './statistics.ts';
import { thisTree } from './subject.ts';

const file = fileURLToPath(new URL('baseline.json', import.meta.url));

/** The recorded run, or null where there is none. */
export async function readBaseline(): Promise<Recording | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as Recording);
}

/** What was recorded of the same case at the same size, in a line; null when nothing was. */
export function baselineLine({ case: name, what }: Result, baseline: Recording | null): string | null {
  const recorded = baseline?.results.find((result) => result.case === name && result.what === what);
  const measured = recorded?.contenders.find((contender) => contender.name === thisTree.name);
  if (baseline === null || measured === undefined) return null;
  const names = [...new Set(measured.rounds.flatMap(Object.keys))];
  const medians = names.map((figure) => `${figure} ${shown(spreadOf(measured.rounds.flatMap((figures) => figures[figure] ?? [])).median)}`);
  const { date, commit, cpu, cores } = baseline.machine;
  return `  recorded ${date.slice(0, 10)} at ${commit} (${cpu}, ${cores} cores): ${medians.join(', ')}`;
}
