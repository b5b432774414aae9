import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Subject, thisTree } from './subject.ts';

const run = promisify(execFile);

export interface Worktree extends Subject, AsyncDisposable {}

/** A commit checked out and built in a folder that does not exist yet; disposing removes it. */
export async function buildCommit(commit: string, folder: string): Promise<Worktree> {
  const { root } = thisTree;
  const git = (...args: readonly string[]): Promise<{ stdout: string }> => run('git', ['-C', root, ...args]);
  const { stdout } = await git('rev-parse', '--short=10', '--verify', `${commit}^{commit}`);
  // Of a comparison that was killed, the folder is gone and its entry is left.
  await git('worktree', 'prune');
  await git('worktree', 'add', '--detach', folder, commit);
  const remove = async (): Promise<void> => void (await git('worktree', 'remove', '--force', folder));
  try {
    await install(root, folder);
    await run('npm', ['run', '--silent', 'build'], { cwd: folder });
  } catch (error) {
    await remove();
    throw error;
  }
  return { name: stdout.trim(), root: folder, [Symbol.asyncDispose]: remove };
}

/** The packages of this tree serve a commit that locks the same ones. */
async function install(root: string, folder: string): Promise<void> {
  const lock = (tree: string): Promise<string> => readFile(join(tree, 'package-lock.json'), 'utf8');
  const [ours, theirs] = await Promise.all([lock(root), lock(folder)]);
  if (ours === theirs) await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  else await run('npm', ['ci'], { cwd: folder });
}
