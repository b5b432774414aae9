import { type ErrorCode, errorTable } from '../kit/errors.ts';
import { found } from './found.ts';
import { isWritten, type JobsFile, spotAt } from './jobs-file.ts';
import { formatPath, label, type Path, type Place, type Problem, type Warning } from './problem.ts';

interface Options {
  readonly cure?: string | undefined;
  /** `key`: the message is about the key itself, not its value. */
  readonly on?: 'key' | 'value';
  /** The last key of the path may be a secret that slipped there. */
  readonly hideKey?: boolean;
}

/** What is wrong with one jobs file, in the order of the file. */
export class Problems {
  readonly file: JobsFile;
  readonly #problems: Problem[] = [];
  readonly #warnings: Warning[] = [];

  constructor(file: JobsFile) {
    this.file = file;
  }

  /** `message` goes behind the path's name: `is 10; expected a duration`. */
  add(code: ErrorCode, path: Path, message: string, options: Options = {}): void {
    const cure = options.cure ?? errorTable[code].cure;
    const shown = options.hideKey === true ? [...path.slice(0, -1), '…'] : path;
    this.#problems.push({ code, ...this.#describe(path, shown, message, cure, options.on) });
  }

  /** A value that is not what was expected; without a better cure, that is what is to be written. */
  addWrong(path: Path, expected: string, cure?: string): void {
    const what = `is ${found(this.file, path)}`;
    if (cure === undefined) this.add('LIB103', path, what, { cure: `Write ${expected}.` });
    else this.add('LIB103', path, `${what}; expected ${expected}`, { cure });
  }

  addMissing(path: Path, expected: string | null, cure?: string): void {
    const message = expected === null ? 'is missing' : `is missing; expected ${expected}`;
    this.add('LIB105', path, message, { cure });
  }

  warn(path: Path, message: string, cure: string): void {
    this.#warnings.push(this.#describe(path, path, message, cure, 'value'));
  }

  push(problem: Problem): void {
    this.#problems.push(problem);
  }

  get problems(): readonly Problem[] {
    return inFileOrder(this.#problems);
  }

  get warnings(): readonly Warning[] {
    return inFileOrder(this.#warnings);
  }

  /** A missing key is shown at the key of the mapping that lacks it. */
  placeOf(path: Path, on: 'key' | 'value' = 'value'): Place {
    const written = isWritten(this.file.value, path);
    const spot = spotAt(this.file, written ? path : path.slice(0, -1));
    return on === 'key' || !written ? (spot.key ?? spot.value) : spot.value;
  }

  at(path: Path, place: Place): string {
    return this.file.file === null ? formatPath(path) : `${this.file.file}:${place.line}:${place.column}`;
  }

  #describe(path: Path, shown: Path, message: string, cure: string, on: 'key' | 'value' | undefined): Warning {
    const place = this.placeOf(path, on);
    const name = label(shown);
    const whole = `${name === '' ? 'the file' : name} ${message}`;
    return { at: this.at(shown, place), ...place, path: formatPath(shown), message: whole, cure };
  }
}

/** Sorted, and each once: what is wrong in `defaults` would be found again for each job. */
function inFileOrder<T extends Warning>(list: readonly T[]): readonly T[] {
  const once = new Map(list.map((item) => [`${item.at} ${item.path} ${item.message}`, item]));
  return [...once.values()].toSorted((a, b) => a.line - b.line || a.column - b.column);
}
