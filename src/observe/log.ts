import { redactSecrets } from '../kit/redact.ts';
import { describeEvent, isQuiet, type Level } from './describe-event.ts';
import type { Observer } from './event.ts';

/** Writes a line of the log: what a machine reads, and what a person does. */
export type Logger = Readonly<Record<Level, (fields: object, message: string) => void>>;

/** Milliseconds of a read between two lines about its progress: a bar wants them more often than a log. */
const progressEvery = 5000;

/** Every event as a line of the log; secrets of the jobs file never appear in it. `tells`: whether the logger writes lines of that level. */
export function logObserver(logger: Logger, secrets: readonly string[], tells: (level: Level) => boolean): Observer {
  const toldAt = new Map<string, number>();
  return (event) => {
    // A line for each quiet poll of a thousand jobs, made only to be left out, would be a good part of their cost.
    if (event.type === 'cycle.end' && isQuiet(event.report) && !tells('debug')) return;
    if (event.type === 'cycle.progress') {
      const before = toldAt.get(event.job) ?? 0;
      // `ms` counts from the read's start: smaller than before means another read.
      if (event.ms >= before && event.ms - before < progressEvery) return;
      toldAt.set(event.job, event.ms);
    }
    const { level, message, fields } = describeEvent(event);
    logger[level](fields, redactSecrets(message, secrets));
  };
}
