import { execFile } from 'node:child_process';
import { chown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user a server runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Database servers refuse root: the first of these users that exists, or null when we are not root. */
export async function unprivilegedAccount(names: readonly string[]): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of names) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // No such user: the next one.
    }
  }
  throw new Error(`a database server cannot run as root, and there is no user ${names.join(' or ')}`);
}

export async function giveTo(account: Account | null, path: string): Promise<void> {
  if (!account) return;
  await chown(path, account.uid, account.gid);
  const entries = await readdir(path, { recursive: true });
  for (const entry of entries) await chown(join(path, entry), account.uid, account.gid);
}
