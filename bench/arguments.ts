import { parseArgs } from 'node:util';

export interface Settings {
  /** Names of cases, `*` for any characters; none: all. */
  readonly only: readonly string[];
  /** Rows of a table; null: each case's own. */
  readonly rows: number | null;
  readonly rounds: number;
  /** Seconds that a running process is watched; null: each case's own. */
  readonly seconds: number | null;
  /** The sizes of a recorded baseline instead of those of a look in between. */
  readonly full: boolean;
  readonly list: boolean;
  /** Other tools beside liberate, where they can do what a case asks. */
  readonly peers: boolean;
  /** Folder for a CPU profile of each measured liberate. */
  readonly profile: string | null;
  readonly out: string;
}

export interface Comparison extends Settings {
  readonly commits: readonly [string, string];
}

export class UsageError extends Error {}

const options = {
  only: { type: 'string' },
  rows: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  full: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  peers: { type: 'boolean', default: false },
  profile: { type: 'string' },
  out: { type: 'string' },
} as const;

export function benchSettings(args: readonly string[]): Settings {
  const { settings, rest } = parse(args, '.liberate/bench.json');
  if (rest.length > 0) throw new UsageError(`${rest[0]} is not expected: cases are chosen by --only`);
  return settings;
}

/** Two commits, then the same options; of the cases, without --only, the plainest. */
export function compareSettings(args: readonly string[]): Comparison {
  const { settings, rest } = parse(args, '.liberate/bench-compare.json');
  const [first, second, more] = rest;
  if (first === undefined || second === undefined || more !== undefined)
    throw new UsageError(`two commits are expected, found ${rest.length}`);
  return { ...settings, only: settings.only.length === 0 ? ['pg-kafka'] : settings.only, commits: [first, second] };
}

function parse(args: readonly string[], out: string): { readonly settings: Settings; readonly rest: readonly string[] } {
  const { values, positionals } = read(args);
  const settings = {
    only: values.only?.split(',').filter((name) => name !== '') ?? [],
    rows: whole('rows', values.rows),
    rounds: whole('rounds', values.rounds) ?? 3,
    seconds: whole('seconds', values.seconds),
    full: values.full,
    list: values.list,
    peers: values.peers,
    profile: values.profile ?? null,
    out: values.out ?? out,
  };
  return { settings, rest: positionals };
}

type Read = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;

function read(args: readonly string[]): Read {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--${name} is a whole number from 1, found ${text}`);
  return Number(text);
}

/** The names that were asked for, in the order of the names. Throws for a pattern that finds none. */
export function chosen(names: readonly string[], only: readonly string[]): readonly string[] {
  if (only.length === 0) return names;
  const tests = only.map((pattern) => new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`));
  const idle = tests.findIndex((test) => !names.some((name) => test.test(name)));
  if (idle >= 0) throw new UsageError(`--only ${only[idle]} finds no case; there are ${names.join(', ')}`);
  return names.filter((name) => tests.some((test) => test.test(name)));
}
