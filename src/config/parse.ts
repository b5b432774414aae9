import { dirname, resolve } from 'node:path';
import { checkShape } from './check-shape.ts';
import type { Environment, FileReader, LoadResult } from './config.ts';
import { freeze } from './freeze.ts';
import { checkNames, checkOneOrSeveral } from './names.ts';
import { normalise } from './normalise.ts';
import { type ReadFile, readObject, readText } from './read-values.ts';

function finish({ problems, broken }: ReadFile, readFile: FileReader): LoadResult {
  const secrets = new Set<string>();
  const data = broken ? null : checkShape(problems);
  if (!broken) {
    checkNames(problems);
    checkOneOrSeveral(problems);
  }
  const config = data === null ? null : normalise(data, { problems, readFile, secrets });
  const { warnings } = problems;
  if (config === null || problems.problems.length > 0) return freeze({ ok: false, problems: problems.problems, warnings });
  return freeze({ ok: true, config, warnings });
}

/** The text of a jobs file → its configuration, or every problem at once. `file`: its path, as problems are to name it. */
export function parseConfig(text: string, file: string, env: Environment, readFile: FileReader): LoadResult {
  const directory = dirname(resolve(file));
  return finish(readText(text, file, { env, readFile, directory }), readFile);
}

/** The same for an object, as a program writes it; relative paths start at `directory`. */
export function parseObject(value: unknown, directory: string, env: Environment, readFile: FileReader): LoadResult {
  const around = { env, readFile, directory: resolve(directory) };
  return finish(readObject(value, around), readFile);
}
