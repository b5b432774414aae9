import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Settings } from './arguments.ts';
import { baselineLine, readBaseline } from './baseline.ts';
import type { Bench, Case } from './case.ts';
import { machineFacts } from './machine.ts';
import { openPlace } from './place.ts';
import { tableOf } from './print.ts';
import type { Recording, Result } from './result.ts';
import { profiled, type Subject } from './subject.ts';

/** Measures the cases one after another, prints each, and writes all so far after each. */
export async function measureCases(cases: readonly Case[], subjects: readonly Subject[], settings: Settings): Promise<void> {
  const begin = performance.now();
  const note = (text: string): void => console.error(`${((performance.now() - begin) / 1000).toFixed(0).padStart(5)} s  ${text}`);
  const machine = await machineFacts();
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ${machine.system}, Node ${machine.node}, commit ${machine.commit}`,
  );
  const measured = subjects.map((subject) => profiled(subject, settings.profile));
  await using place = await openPlace(note);
  const baseline = await readBaseline();
  const results: Result[] = [];
  for (const each of cases) {
    const bench: Bench = { place, settings, subjects: measured, note: (text) => note(`${each.name}: ${text}`) };
    const result = { case: each.name, ...(await each.measure(bench)) };
    results.push(result);
    console.log(['', tableOf(result), baselineLine(result, baseline)].filter((line) => line !== null).join('\n'));
    await write(settings.out, { machine: { ...machine, versions: place.versions }, results });
  }
  note(`written to ${settings.out}`);
}

async function write(file: string, recording: Recording): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(recording, null, 2)}\n`);
}
