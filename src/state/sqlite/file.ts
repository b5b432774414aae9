import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { LiberateError } from '../../kit/errors.ts';

function unwritable(message: string, cause: unknown, cure?: string): LiberateError {
  return new LiberateError('LIB405', message, { cause, ...(cure === undefined ? {} : { cure }) });
}

const codeOf = (thrown: unknown): string => (thrown as NodeJS.ErrnoException).code ?? String(thrown);

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((cause: unknown) => {
    throw unwritable(
      `the folder ${folder} of the state file cannot be used (${codeOf(cause)})`,
      cause,
      `Make the folder, or give another path in \`state:\`: mkdir -p ${folder}`,
    );
  });
  if (!found.isDirectory()) throw unwritable(`${folder}, where the state file should be, is not a folder`, null);
  // WAL keeps two files beside the database, so the folder must be writable too.
  await access(folder, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw unwritable(`the folder ${folder} of the state file cannot be written (${codeOf(cause)})`, cause);
  });
}

/**
 * Makes the file, readable by its owner alone, or checks that the one there can be written. A missing folder is not
 * made: a mistyped path would begin an empty state somewhere, and publish everything again.
 */
export async function prepareFile(path: string): Promise<void> {
  if (!isAbsolute(path)) throw new LiberateError('LIB103', `the state file's path ${path} is not absolute`);
  await checkFolder(dirname(path));
  const file = await open(path, 'a', 0o600).catch((cause: unknown) => {
    throw unwritable(`the state file ${path} cannot be written (${codeOf(cause)})`, cause);
  });
  try {
    const found = await file.stat();
    if (!found.isFile()) throw unwritable(`${path} is not a plain file`, null);
    // SQLite takes a file of one byte for an empty one.
    if (found.size === 1) throw new LiberateError('LIB402', `the state file ${path} is no database`);
  } finally {
    await file.close();
  }
}
