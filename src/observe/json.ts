import { type Level, levels } from './describe-event.ts';
import type { Logger } from './log.ts';

export interface JsonOptions {
  readonly write: (line: string) => void;
  readonly level: Level;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A JSON object a line, for machines: `{"level":"info","time":"2026-11-21T12:00:07.000Z","job":"customers",…,"msg":"…"}`. */
export function jsonLogger({ write, level, now }: JsonOptions): Logger {
  const least = levels.indexOf(level);
  const line =
    (of: Level) =>
    (fields: object, message: string): void => {
      if (levels.indexOf(of) < least) return;
      write(`${JSON.stringify({ level: of, time: new Date(now()).toISOString(), ...fields, msg: message })}\n`);
    };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
