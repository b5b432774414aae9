import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mount = (...args: readonly string[]): void => void execFileSync('mount', args, { stdio: 'ignore' });
const unmount = (path: string): void => void execFileSync('umount', [path], { stdio: 'ignore' });

/** Only root may mount, and in many containers not even root. */
export const canMount: boolean = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const path = mkdtempSync(join(tmpdir(), 'liberate-mount-'));
  try {
    mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path);
    unmount(path);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(path);
  }
})();

/** A small disk in memory; `options` as of mount(8): `size=1m`, `ro`. */
export async function mountedDisk(
  options: string,
): Promise<AsyncDisposable & { readonly path: string; remount(options: string): Promise<void> }> {
  const path = mkdtempSync(join(tmpdir(), 'liberate-disk-'));
  mount('-t', 'tmpfs', '-o', options, 'tmpfs', path);
  return {
    path,
    remount: async (changed) => mount('-o', `remount,${changed}`, path),
    [Symbol.asyncDispose]: async () => {
      unmount(path);
      rmdirSync(path);
    },
  };
}
