import { readFile } from 'node:fs/promises';
import { sourcesIn } from '../src/cli/stack.ts';
import { command } from './command.ts';
import { hottest, type Profile, selfTimes } from './self-time.ts';

/** Prints where a `.cpuprofile` spent its time, for a machine without a browser: `npx tsx bench/hot.ts FILE`. */
await command('npx tsx bench/hot.ts FILE', async ([file = '']) => {
  const profile = JSON.parse(await readFile(file, 'utf8')) as Profile;
  const sources = new Map<string, readonly (string | null)[]>();
  const times = selfTimes(profile, (url, line) => {
    const known = sources.get(url) ?? sourcesIn(url);
    sources.set(url, known);
    return known[line - 1] ?? null;
  });
  const total = times.reduce((sum, { microseconds }) => sum + microseconds, 0);
  for (const by of ['place', 'function'] as const) {
    console.log(`by ${by}`);
    for (const [name, microseconds] of hottest(times, by, 15)) {
      console.log(
        `${((microseconds / total) * 100).toFixed(1).padStart(6)} %  ${(microseconds / 1000).toFixed(0).padStart(6)} ms  ${name}`,
      );
    }
  }
});
