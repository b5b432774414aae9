import { resolve } from 'node:path';
import type { FileReader } from './config.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder',
  ELOOP: 'its links go in a circle',
};

/** Why a file cannot be read, in words; never its content. */
export function readFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (/^E[A-Z0-9]+$/.test(code) ? code : 'it is not readable as UTF-8 text');
}

/** Reads a file named relative to a folder. */
export function readFrom(directory: string, path: string, read: FileReader): { readonly text: string } | { readonly reason: string } {
  try {
    return { text: read(resolve(directory, path)) };
  } catch (error) {
    return { reason: readFault(error) };
  }
}
