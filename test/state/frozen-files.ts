import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Nobody may write to a folder or the files in it from here on, root neither, and not through a file that is open already:
 * as on a disk that has become read-only. A disk that is in use cannot be mounted so. SQLite's shared memory is left out,
 * which is a file by its name alone: where the system refuses a write to memory it ends the process.
 */
export const freeze = (folder: string): void => change('+i', folder);
export const thaw = (folder: string): void => change('-i', folder);

function change(flag: '+i' | '-i', folder: string): void {
  const files = readdirSync(folder)
    .filter((name) => !name.endsWith('-shm'))
    .map((name) => join(folder, name));
  execFileSync('chattr', [flag, folder, ...files], { stdio: 'pipe' });
}

/** Only root may, and not on every kind of disk. */
export const canFreeze: boolean = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'liberate-frozen-'));
  try {
    const file = openSync(join(folder, 'file'), 'w');
    try {
      freeze(folder);
      return refuses(() => writeSync(file, 'x'));
    } finally {
      closeSync(file);
      thaw(folder);
    }
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

function refuses(write: () => unknown): boolean {
  try {
    write();
    return false;
  } catch {
    return true;
  }
}
