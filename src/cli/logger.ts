import type { Config } from '../config/config.ts';
import { type Level, tells } from '../observe/describe-event.ts';
import type { Observer } from '../observe/event.ts';
import { jsonLogger } from '../observe/json.ts';
import { type Logger, logObserver } from '../observe/log.ts';
import { prettyLogger } from '../observe/pretty.ts';
import { paints } from './paint.ts';
import type { CommonOptions, Surroundings } from './surroundings.ts';

/** The log goes to stderr: short lines on a terminal, JSON elsewhere. */
export function openLog(options: CommonOptions, config: Config, { stderr, env }: Surroundings): Observer {
  const pretty = options.logFormat === 'pretty' || (options.logFormat === 'auto' && stderr.isTTY === true);
  return logObserver(pretty ? terminal(options, stderr, paints(stderr, env)) : machine(options, stderr), config.secrets, (level) =>
    tells(options.logLevel, level),
  );
}

function machine({ logLevel }: CommonOptions, stderr: NodeJS.WriteStream): Logger {
  return jsonLogger({ write: (line) => stderr.write(line), level: logLevel, now: Date.now });
}

function terminal({ logLevel }: CommonOptions, stderr: NodeJS.WriteStream, paint: ReturnType<typeof paints>): Logger {
  const colours: Readonly<Record<Level, (text: string) => string>> = {
    debug: paint.dim,
    info: paint.cyan,
    warn: paint.yellow,
    error: paint.red,
  };
  return prettyLogger({
    write: (line) => stderr.write(line),
    level: logLevel,
    now: Date.now,
    paint: (level, text) => colours[level](text),
  });
}
