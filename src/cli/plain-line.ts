import type { Command, Said } from './command.ts';
import type { Option, Options } from './options.ts';

/** A command line that was understood. */
export interface Understood {
  readonly command: Command;
  readonly said: Said;
}

/**
 * Reads a command line as it is mostly written: the command, `--name`, `--no-name`, `--name value` or `--name=value`,
 * and one file. null for everything else, help and mistakes too: yargs reads that, in its own words, and takes as
 * long to load as the rest of a start. What is read here is read as yargs would.
 */
export function plainLine(args: readonly string[], commands: readonly Command[]): Understood | null {
  const command = commands.find(({ words }) => `${args.join(' ')} `.startsWith(`${words} `));
  if (command === undefined) return null;
  const found = sort(args.slice(command.words.split(' ').length), command.options);
  const [file, ...more] = found?.files ?? [];
  if (found === null || file === undefined || more.length > 0) return null;
  const values = valuesOf(found.given, command.options);
  return values === null ? null : { command, said: { ...values, file } };
}

interface Sorted {
  readonly files: readonly string[];
  /** Flags as booleans, other options as texts. */
  readonly given: ReadonlyMap<string, readonly (string | boolean)[]>;
}

/** yargs takes off quotes, may take a numeral for a number, and `true` or `false` for the value of the flag before it. */
const isPlain = (text: string): boolean => !/^-|['"]|^$|^(true|false)$/.test(text) && Number.isNaN(Number(text));

function sort(words: readonly string[], options: Options): Sorted | null {
  const files: string[] = [];
  const given = new Map<string, (string | boolean)[]>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    if (!word.startsWith('-')) {
      if (!isPlain(word)) return null;
      files.push(word);
      continue;
    }
    const [, name, written] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) return null;
    const flag = flagOf(name, options);
    if (flag !== null && written === undefined) {
      if (given.has(flag.name)) return null;
      given.set(flag.name, [flag.value]);
      continue;
    }
    const option = own(options, name);
    if (option === undefined || option.type === 'boolean') return null;
    if (written === undefined) at += 1;
    const value = written ?? words[at];
    if (value === undefined || !isValue(value, option)) return null;
    given.set(name, [...(given.get(name) ?? []), value]);
  }
  return { files, given };
}

const own = (options: Options, name: string): Option | undefined => (Object.hasOwn(options, name) ? options[name] : undefined);

function flagOf(name: string, options: Options): { readonly name: string; readonly value: boolean } | null {
  if (own(options, name)?.type === 'boolean') return { name, value: true };
  const positive = name.replace(/^no-/, '');
  return positive !== name && own(options, positive)?.type === 'boolean' ? { name: positive, value: false } : null;
}

function isValue(text: string, { type, choices }: Option): boolean {
  if (type === 'number') return /^[1-9]\d{0,8}$/.test(text);
  return choices === undefined ? !/^-|['"]|^$/.test(text) : choices.includes(text);
}

function valuesOf(given: Sorted['given'], options: Options): Readonly<Record<string, unknown>> | null {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    const all = given.get(name);
    if (all === undefined && option.demandOption === true) return null;
    if (all === undefined && !('default' in option)) continue;
    try {
      values[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())] =
        all === undefined ? option.default : readValue(all, option);
    } catch {
      return null;
    }
  }
  return values;
}

function readValue(all: readonly (string | boolean)[], { type, array, coerce }: Option): unknown {
  const read = type === 'number' ? all.map(Number) : all;
  const given = array === true || read.length > 1 ? read : read[0];
  return coerce === undefined ? given : coerce(given as never);
}
