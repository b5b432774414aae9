import type { z } from 'zod';
import * as core from 'zod/v4/core';
import { isShown } from './found.ts';
import { isMapping, isWritten, valueAt } from './jobs-file.ts';
import type { Path } from './problem.ts';
import type { Problems } from './problems.ts';
import { type FileData, fileSchema } from './schema/file-schema.ts';
import { suggest } from './suggest.ts';
import { addUnknownKey } from './unknown-keys.ts';

type Issue = z.core.$ZodIssue;

/** This branch of a union was not meant: it already refuses the kind of value that was written. */
function refusesKind(issues: readonly Issue[], value: unknown): boolean {
  const scalar = !Array.isArray(value) && !isMapping(value);
  return issues.some(({ code, path }) => path.length === 0 && (code === 'invalid_type' || (code === 'invalid_value' && !scalar)));
}

/** Issues with whole paths; of a union, those of the one form that was meant, if that can be told. */
function flatten(issue: Issue, root: unknown, before: Path): readonly Issue[] {
  const path = [...before, ...(issue.path as Path)];
  if (issue.code !== 'invalid_union') return [{ ...issue, path }];
  const value = valueAt(root, path);
  const meant = issue.errors.filter((branch) => !refusesKind(branch, value));
  const [only] = meant;
  if (meant.length !== 1 || only === undefined) return [{ ...issue, path }];
  return only.flatMap((inner) => flatten(inner, root, path));
}

function addIssue(problems: Problems, issue: Issue): void {
  const root = problems.file.value;
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) addUnknownKey(problems, path, key, issue.message.split(' '));
    return;
  }
  const written = isWritten(root, path);
  // A value that could not be made, of a variable for example, has its problem already.
  if (valueAt(root, path) === undefined && written) return;
  if (!written) {
    problems.addMissing(path, issue.message);
    return;
  }
  const cure = issue.code === 'custom' ? (issue.params?.['cure'] as string | undefined) : undefined;
  problems.addWrong(path, issue.message, cure ?? nearWord(problems, path, issue));
}

function nearWord(problems: Problems, path: Path, issue: Issue): string | undefined {
  if (issue.code !== 'invalid_value' || !isShown(problems.file, path)) return undefined;
  const meant = suggest(String(valueAt(problems.file.value, path)), issue.values.map(String));
  return meant === null ? undefined : `Did you mean ${meant}?`;
}

/** What has to go for an issue: an element of a list takes the list with it, a missing key its mapping. */
function culprit(root: unknown, path: Path): Path {
  const list = path.findIndex((part) => typeof part === 'number');
  const target = list < 0 ? path : path.slice(0, list);
  return isWritten(root, target) ? target : target.slice(0, -1);
}

function without(value: unknown, path: Path): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return null;
  if (!isMapping(value) || !Object.hasOwn(value, head)) return value;
  const { [head]: inner, ...others } = value;
  return rest.length === 0 ? others : { ...value, [head]: without(inner, rest) };
}

const targets = (issue: Issue): readonly Path[] =>
  issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...(issue.path as Path), key]) : [issue.path as Path];

/**
 * Adds a problem for everything that has a wrong shape, and gives the rest, so that the rules can be
 * applied to it in the same run. `null`: there is no rest.
 */
export function checkShape(problems: Problems): FileData | null {
  let value: unknown = problems.file.value;
  for (let round = 0; isMapping(value); round += 1) {
    const parsed = core.safeParse(fileSchema, value);
    if (parsed.success) return parsed.data;
    const root = value;
    const issues = parsed.error.issues.flatMap((issue) => flatten(issue, root, []));
    // What the later rounds find is the hole that an earlier one has made.
    if (round === 0) for (const issue of issues) addIssue(problems, issue);
    const culprits = issues.flatMap(targets).map((path) => culprit(root, path));
    value = culprits.reduce<unknown>(without, value);
  }
  return null;
}
