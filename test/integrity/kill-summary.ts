import { counts } from './checker.ts';
import type { Kill, KillResult } from './kill-run.ts';

/** A line for each sink: what the stream came to, and how often the kills made it repeat itself. */
export function summary({ kills, verdicts }: KillResult): string {
  const lines = (['kafka', 'ndjson'] as const).map((sink) => {
    const own = kills.filter((kill) => kill.sink === sink);
    const repeats = own.map((kill) => kill.repeats);
    const facts = {
      kills: own.length,
      loading: own.filter(({ loading }) => loading).length,
      ...counts(verdicts[sink]),
      broken: own.reduce((sum, { broken }) => sum + broken.length, 0),
      withRepeats: repeats.filter((count) => count > 0).length,
      repeats: repeats.reduce((sum, count) => sum + count, 0),
      worst: Math.max(0, ...repeats),
      mostInASecond: Math.round(mostInASecond(own)),
    };
    return `${sink.padEnd(6)} ${JSON.stringify(facts)}`;
  });
  return lines.join('\n');
}

/** The fastest that any life published, events a second: the most that can stand between two commits. */
export function mostInASecond(kills: readonly Kill[]): number {
  return Math.max(0, ...kills.map(({ published, lived }) => (published / Math.max(1000, lived)) * 1000));
}
