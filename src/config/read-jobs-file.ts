import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { errorTable } from '../kit/errors.ts';
import type { Environment, FileReader, LoadResult } from './config.ts';
import { parseConfig, parseObject } from './parse.ts';
import { readFault } from './read-file.ts';

/** Bytes that are no UTF-8 are refused, not replaced: a password must not change silently. */
const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
const readText: FileReader = (path) => decode(readFileSync(path));

function unreadable(file: string, error: unknown): LoadResult {
  const place = { line: 1, column: 1 };
  const message = `the jobs file cannot be read: ${readFault(error)}`;
  const problem = { code: 'LIB101', at: `${file}:1:1`, ...place, path: '', message, cure: errorTable.LIB101.cure } as const;
  return { ok: false, problems: [problem], warnings: [] };
}

/** Reads a jobs file with the files that it names. Whatever is wrong comes back as problems; it does not throw. */
export async function loadConfig(path: string, env: Environment): Promise<LoadResult> {
  let text: string;
  try {
    text = decode(await readFile(path));
  } catch (error) {
    return unreadable(path, error);
  }
  return parseConfig(text, path, env, readText);
}

/** The same for an object, as a program writes it; relative paths start at `directory`. */
export function configFromObject(object: unknown, directory: string, env: Environment): LoadResult {
  return parseObject(object, directory, env, readText);
}
