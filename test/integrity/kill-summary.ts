import { counts } from './checker.ts';
import type { Kill, KillResult, Phase } from './kill-run.ts';

/** A line for each sink: what the stream came to, and how often the kills made it repeat itself. */
export function summary({ kills, verdicts }: KillResult): string {
  const lines = (['kafka', 'ndjson'] as const).map((sink) => {
    const own = kills.filter((kill) => kill.sink === sink);
    // A backfill publishes again what was published before.
    const repeats = own.filter(({ phase }) => phase !== 'backfill').map((kill) => kill.repeats);
    const of = (phase: Phase): number => own.filter((kill) => kill.phase === phase).length;
    const facts = {
      kills: own.length,
      load: of('load'),
      poll: of('poll'),
      backfill: of('backfill'),
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
