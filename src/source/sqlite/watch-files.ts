import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../../kit/clock.ts';

/** `renamed`: one of the files was made, replaced or removed. */
export type Change = 'none' | 'written' | 'renamed';

export interface FileWatch extends Disposable {
  /** False where the system cannot tell of changes. */
  readonly watching: boolean;
  /** Resolves with a change since the last call, or with `none` after `ms` (Infinity: never) or when the signal aborts. */
  change(ms: number, signal: AbortSignal): Promise<Change>;
}

/** Milliseconds; instead of for ever. */
const longestWait = 3_600_000;

/**
 * Watches a database's folder for its file, its WAL and its rollback journal: the last two come and go, and a file that
 * is replaced would take a watch of its own with it.
 */
export function watchFiles(path: string): FileWatch {
  const file = basename(path);
  let seen: Change = 'none';
  let wake = (): void => {};
  let watching = true;
  const close = open(
    dirname(path),
    (event, name) => {
      const renamed = event === 'rename';
      // SQLite run by root touches a journal that it only looks into: a reader would wake itself. Whoever writes one writes the file too.
      const tells = name === null || name === file || name === `${file}-wal` || (name === `${file}-journal` && renamed);
      if (!tells) return;
      if (seen !== 'renamed') seen = renamed ? 'renamed' : 'written';
      wake();
    },
    () => {
      watching = false;
      wake();
    },
  );
  return {
    get watching() {
      return watching;
    },
    async change(ms, signal) {
      if (seen === 'none' && !signal.aborted) {
        const over = new AbortController();
        wake = () => over.abort();
        signal.addEventListener('abort', wake, { once: true });
        await systemClock.sleep(Math.min(ms, longestWait), over.signal);
        signal.removeEventListener('abort', wake);
        // The changes are read in one go: whoever answered one at once, and so made the next, would keep everything else out.
        await turn();
      }
      const change = seen;
      seen = 'none';
      return change;
    },
    [Symbol.dispose]: close,
  };
}

function open(folder: string, changed: (event: string, name: string | null) => void, blind: () => void): () => void {
  try {
    const watcher = watch(folder, { persistent: true }, changed);
    watcher.on('error', blind);
    return () => watcher.close();
  } catch {
    blind();
    return () => {};
  }
}
