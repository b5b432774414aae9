import { rmSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

const retrying = { recursive: true, force: true, maxRetries: 5 } as const;

/** A folder of its own under the system's temporary one, removed with all that is in it. */
export async function temporaryDirectory(prefix = 'liberate-'): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  // Servers that refuse to run as root run as another user and must reach their folder in it.
  await chmod(path, 0o755);
  // An interrupted run exits without disposing of anything.
  const atExit = (): void => {
    try {
      rmSync(path, retrying);
    } catch {
      // A program that is still writing there outlives us for a moment: better a left folder than a lost exit.
    }
  };
  process.once('exit', atExit);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', atExit);
      await rm(path, retrying);
    },
  };
}
