import type { Config } from '../config/config.ts';
import type { Level } from '../observe/describe-event.ts';
import type { Observer } from '../observe/event.ts';
import { type Logger, logObserver } from '../observe/log.ts';
import { prettyLogger } from '../observe/pretty.ts';
import { paints } from './paint.ts';
import type { CommonOptions, Surroundings } from './surroundings.ts';

/** The log goes to stderr: short lines on a terminal, JSON elsewhere. */
export async function openLog(options: CommonOptions, config: Config, { stderr, env }: Surroundings): Promise<Observer> {
  const pretty = options.logFormat === 'pretty' || (options.logFormat === 'auto' && stderr.isTTY === true);
  if (pretty) return logObserver(terminal(options, stderr, paints(stderr, env)), config.secrets);
  const { pino } = await import('pino');
  const formatters = { level: (label: string): object => ({ level: label }) };
  const logger = pino({ level: options.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, stderr);
  return logObserver(logger, config.secrets);
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
