/** What an option is: yargs takes it as it stands, and so does plain-line.ts. */
export interface Option {
  readonly type?: 'string' | 'boolean' | 'number';
  readonly choices?: readonly string[];
  /** Collects what it is given, each time it is given. */
  readonly array?: boolean;
  readonly describe: string;
  readonly default?: unknown;
  readonly demandOption?: boolean;
  /** From what was given (a list, where it was given several times) to its value; throws where that is none. */
  readonly coerce?: (given: never) => unknown;
}

export type Options = Readonly<Record<string, Option>>;

type Camel<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
type Sure<O extends Option> = O extends { readonly default: unknown } | { readonly demandOption: true } ? never : undefined;
type Value<O extends Option> = O extends { readonly coerce: (given: never) => infer T } ? T | Sure<O> : boolean;

/** The values of options, by the names that commands know them under: `dry-run` is `dryRun`. */
export type Values<T extends Options> = { readonly [K in keyof T & string as Camel<K>]: Value<T[K]> };

/** An option given twice comes as a list: the last one counts, as it does for flags. */
function last<T>(given: T | readonly T[]): T {
  return Array.isArray(given) ? (given.at(-1) as T) : (given as T);
}

export const text = (describe: string) => ({ type: 'string', describe, requiresArg: true, coerce: last<string> }) as const;

export const flag = (describe: string, value = false) => ({ type: 'boolean', describe, default: value }) as const;

export function choice<T extends string>(choices: readonly T[], value: T, describe: string) {
  return { choices, default: value, describe, requiresArg: true, coerce: last<T> } as const;
}

export function wholeNumber(name: string, value: number, describe: string) {
  return { ...number(name, describe), default: value } as const;
}

/** A whole number above zero that need not be given. */
export function number(name: string, describe: string) {
  const coerce = (given: number | readonly number[]): number => {
    const amount = last(given);
    if (Number.isSafeInteger(amount) && amount > 0) return amount;
    throw new Error(`--${name} is no whole number above zero`);
  };
  return { type: 'number', describe, requiresArg: true, coerce } as const;
}

/** `--job a,b --job c`. One word each time, so that the file may follow it. */
const jobNames = {
  type: 'string',
  array: true,
  nargs: 1,
  coerce: (given: readonly string[]): readonly string[] => {
    if (given.length === 0) return [];
    const names = given
      .flatMap((one) => one.split(','))
      .map((name) => name.trim())
      .filter((name) => name !== '');
    // An empty variable of a shell script must not mean every job.
    if (names.length === 0) throw new Error('--job names no job');
    return [...new Set(names)];
  },
} as const;

export const someJobs = { ...jobNames, default: [] as string[], describe: 'only these jobs, by comma or repeated' } as const;
export const whichJobs = { ...jobNames, demandOption: true, describe: 'the jobs, by comma or repeated' } as const;
