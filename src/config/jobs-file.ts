import type { Path, Place } from './problem.ts';

/** Where a key and its value stand; an element of a list has no key. */
export interface Spot {
  readonly key: Place | null;
  readonly value: Place;
}

/** The part of a scalar that a variable has filled in. */
export interface Fill {
  /** As it is written, without its fallback: `${NAME}`, `${file:PATH}`. */
  readonly label: string;
  readonly value: string;
}

/**
 * A jobs file as plain data: mappings, lists, strings, numbers, booleans, null. A scalar is a number
 * or boolean only where that prints back as it was written; else it is its source text, so that
 * no digit is lost. `undefined` stands for a value that could not be made and has its problem already.
 */
export interface JobsFile {
  /** null: the configuration is an object of a program. */
  readonly file: string | null;
  /** Absolute. */
  readonly directory: string;
  readonly value: unknown;
  /** By pathKey. */
  readonly spots: ReadonlyMap<string, Spot>;
  /** By pathKey: scalars that hold a variable. */
  readonly fills: ReadonlyMap<string, readonly Fill[]>;
}

export const pathKey = (path: Path): string => JSON.stringify(path);

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => {
    if (Array.isArray(value)) return value[part as number];
    return isMapping(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }, root);
}

/** The key is written there, even if its value could not be made. */
export function isWritten(root: unknown, path: Path): boolean {
  const parent = valueAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (last === undefined) return true;
  if (Array.isArray(parent)) return (last as number) < parent.length;
  return isMapping(parent) && Object.hasOwn(parent, last);
}

const nowhere: Spot = { key: null, value: { line: 0, column: 0 } };

/** The spot of the path, or of the nearest thing around it that stands in the file. */
export function spotAt(file: JobsFile, path: Path): Spot {
  if (file.file === null) return nowhere;
  for (let length = path.length; length >= 0; length -= 1) {
    const spot = file.spots.get(pathKey(path.slice(0, length)));
    if (spot !== undefined) return spot;
  }
  return { key: null, value: { line: 1, column: 1 } };
}
