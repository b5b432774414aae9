import type { Environment, FileReader } from './config.ts';
import { type Fill, isMapping, type JobsFile, pathKey, type Spot } from './jobs-file.ts';
import { formatPath, label, type Path, type Problem } from './problem.ts';
import { Problems } from './problems.ts';
import { readFrom } from './read-file.ts';
import { readYaml, type YamlFault } from './read-yaml.ts';
import { type Fault, fillVariables } from './variables.ts';

export interface Surroundings {
  readonly env: Environment;
  readonly readFile: FileReader;
  /** Absolute; relative paths start here. */
  readonly directory: string;
}

export interface ReadFile {
  readonly problems: Problems;
  /** There are no values. */
  readonly broken: boolean;
}

interface Unfilled {
  readonly file: string | null;
  readonly value: unknown;
  readonly spots: ReadonlyMap<string, Spot>;
}

function addFault(problems: Problems, path: Path, fault: Fault): void {
  switch (fault.kind) {
    case 'unset':
      problems.add('LIB106', path, `uses \${${fault.name}}, which is not set`, {
        cure: `Set ${fault.name} in the environment, or write \${${fault.name}:-default}.`,
      });
      return;
    case 'unreadable':
      problems.add('LIB107', path, `uses \${file:${fault.path}}, which cannot be read: ${fault.reason}`);
      return;
    case 'malformed':
      problems.add('LIB103', path, 'has ${ without a variable behind it', {
        cure: 'Write ${NAME}, ${NAME:-default} or ${file:PATH}; $${ stands for the characters ${ themselves.',
      });
      return;
    default:
      fault satisfies never;
  }
}

/** Fills the variables of every scalar; one that cannot be filled becomes undefined, with its problem. */
function fill(unfilled: Unfilled, around: Surroundings): Problems {
  const { env, readFile, directory } = around;
  const fills = new Map<string, readonly Fill[]>();
  const faults: (readonly [Path, Fault])[] = [];
  const read = (path: string): ReturnType<typeof readFrom> => readFrom(directory, path, readFile);
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string' && value.includes('${')) {
      const filled = fillVariables(value, env, read);
      if (filled.fills.length > 0) fills.set(pathKey(path), filled.fills);
      for (const fault of filled.faults) faults.push([path, fault]);
      return filled.text ?? undefined;
    }
    if (Array.isArray(value)) return value.map((item, at) => walk(item, [...path, at]));
    if (!isMapping(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  const value = walk(unfilled.value, []);
  const file: JobsFile = { ...unfilled, directory, value, fills };
  const problems = new Problems(file);
  for (const [path, fault] of faults) addFault(problems, path, fault);
  return problems;
}

function yamlProblem(file: string, fault: YamlFault): Problem {
  const { code, path, place, message, cure } = fault;
  const name = label(path);
  const at = `${file}:${place.line}:${place.column}`;
  return { code, at, ...place, path: formatPath(path), message: name === '' ? message : `${name} ${message}`, cure };
}

/** A text of YAML → its values with variables filled in, and what is wrong so far. */
export function readText(text: string, file: string, around: Surroundings): ReadFile {
  const yaml = readYaml(text);
  const problems = fill({ file, value: yaml.value, spots: yaml.spots }, around);
  for (const fault of yaml.faults) problems.push(yamlProblem(file, fault));
  if (yaml.broken) return { problems, broken: true };
  if (isMapping(yaml.value)) return { problems, broken: false };
  const message = yaml.value === null ? 'is empty' : 'is not a mapping of keys';
  problems.add('LIB102', [], message, { cure: 'Begin with `source:`, `sink:` and `jobs:`.' });
  return { problems, broken: true };
}

/** The same for an object of a program. */
export function readObject(value: unknown, around: Surroundings): ReadFile {
  const problems = fill({ file: null, value, spots: new Map() }, around);
  if (isMapping(value)) return { problems, broken: false };
  problems.add('LIB102', [], 'is not an object', { cure: 'Give an object with source, sink and jobs.' });
  return { problems, broken: true };
}
