import type { Config, LoadResult } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { formatProblem, type Problem } from '../../src/config/problem.ts';

export interface Given {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** By absolute path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Parses a text as if it stood in /app/jobs.yaml, with these files beside it and no other. */
export function parse(text: string, { env = {}, files = {} }: Given = {}): LoadResult {
  return parseConfig(text, '/app/jobs.yaml', env, (path) => {
    const file = files[path];
    if (file === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return file;
  });
}

export function sound(text: string, given: Given = {}): Config {
  const result = parse(text, given);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.config;
}

export function problemsOf(text: string, given: Given = {}): readonly Problem[] {
  const result = parse(text, given);
  return result.ok ? [] : result.problems;
}

/** `4:12 LIB103 jobs.orders.every` */
export const brief = ({ line, column, code, path }: Problem): string => `${line}:${column} ${code} ${path}`;

/** A file with one job, whose lines are given; the job's keys begin at line 5, column 5. */
export function withJob(lines: string): string {
  return `source: sqlite:shop.db\nsink: ndjson:out\njobs:\n  orders:\n${lines
    .trim()
    .split('\n')
    .map((line) => `    ${line.trimEnd()}`)
    .join('\n')}\n`;
}
