import type { ErrorCode } from '../kit/errors.ts';

export type Path = readonly (string | number)[];

/** Counted from 1. Both 0 where the configuration was an object, not a file. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something worth saying that does not stop a run. */
export interface Warning extends Place {
  /** `file:line:column`, or the path where there is no file. */
  readonly at: string;
  /** `jobs.orders.every` */
  readonly path: string;
  /** What is wrong and what was found; never a secret. */
  readonly message: string;
  readonly cure: string;
}

export interface Problem extends Warning {
  readonly code: ErrorCode;
}

/** `jobs.yaml:4:12: LIB103 job "orders": every is 10; expected a duration. Write 10s.` */
export function formatProblem(problem: Problem | Warning): string {
  const head = 'code' in problem ? problem.code : 'warning';
  return `${problem.at}: ${head} ${problem.message}. ${problem.cure}`;
}

/** Keys may be anything that YAML allows, even a URL put at the wrong place: such a one is not shown. */
export function shownKey(key: string): string {
  return /^[\w.$*! -]{1,60}$/.test(key) ? key : '…';
}

const dotted = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? shownKey(part) : `${text}.${shownKey(part)}`;
  }, '');

/** `jobs.orders.table[1]`; empty for the whole file. */
export function formatPath(path: Path): string {
  return dotted(path);
}

const rooms: Readonly<Record<string, string>> = { jobs: 'job', sources: 'source', sinks: 'sink' };

/** The path as a message begins: `job "orders": every`, `source "shop"`, `defaults: batch`. */
export function label(path: Path): string {
  const [top, name, ...rest] = path;
  const room = typeof top === 'string' && Object.hasOwn(rooms, top) ? rooms[top] : undefined;
  if (room !== undefined && typeof name === 'string') {
    const owner = `${room} "${shownKey(name)}"`;
    return rest.length === 0 ? owner : `${owner}: ${dotted(rest)}`;
  }
  if (path.length < 2) return dotted(path);
  return `${top}: ${dotted(path.slice(1))}`;
}
