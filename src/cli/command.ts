import { choice, flag, type Options, someJobs, type Values, whichJobs } from './options.ts';
import type { Surroundings } from './surroundings.ts';

/** What a command line says: the jobs file and the options by name. */
export type Said = Readonly<Record<string, unknown>> & { readonly file: string };

/** A command as data: its help, both readers of a command line and its call follow from it. */
export interface Command {
  /** `run`, or of the second level `state show`. The jobs file follows. */
  readonly words: string;
  readonly describe: string;
  readonly options: Options;
  /** What follows `liberate`, and what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /** Loads the command's own code. Gives the exit code. */
  run(said: Said, surroundings: Surroundings): Promise<number>;
}

const common = {
  json: flag('machine-readable output'),
  'log-level': choice(['debug', 'info', 'warn', 'error'], 'info', 'least level of the log on stderr'),
  'log-format': choice(['auto', 'pretty', 'json'], 'auto', 'auto: pretty on a terminal, JSON elsewhere'),
} as const;

type CommonSaid = Values<typeof common> & { readonly file: string; readonly job: readonly string[] };

interface Parts<T extends Options> extends Omit<Command, 'options' | 'run'> {
  readonly options: T;
  run(said: CommonSaid & Values<T>, surroundings: Surroundings): Promise<number>;
}

/** A command for all jobs of the file, or those that are named. */
export function forSomeJobs<const T extends Options>(parts: Parts<T>): Command {
  return { ...parts, options: { job: someJobs, ...common, ...parts.options }, run: parts.run as unknown as Command['run'] };
}

/** A command that must be told for which jobs. */
export function forWhichJobs<const T extends Options>(parts: Parts<T>): Command {
  return { ...parts, options: { job: whichJobs, ...common, ...parts.options }, run: parts.run as unknown as Command['run'] };
}
