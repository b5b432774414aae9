import { type Level, levels } from './describe-event.ts';
import type { Logger } from './log.ts';

export interface PrettyOptions {
  readonly write: (line: string) => void;
  readonly level: Level;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Colours a level's word. */
  readonly paint: (level: Level, text: string) => string;
}

/** Short lines for a terminal: `12:00:07 info  customers: 12 rows in 8ms`. */
export function prettyLogger({ write, level, now, paint }: PrettyOptions): Logger {
  const least = levels.indexOf(level);
  const line =
    (of: Level) =>
    (_fields: object, message: string): void => {
      if (levels.indexOf(of) < least) return;
      const time = new Date(now()).toISOString().slice(11, 19);
      write(`${time} ${paint(of, of.padEnd(5))} ${message}\n`);
    };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
